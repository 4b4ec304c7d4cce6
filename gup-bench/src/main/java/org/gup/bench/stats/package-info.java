/** Means, intervals and ratios of forks. Knows numbers only. */
@NullMarked
package org.gup.bench.stats;

import org.jspecify.annotations.NullMarked;
