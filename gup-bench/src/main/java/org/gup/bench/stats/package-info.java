/** Means, intervals, ratios and verdicts, from forks. Knows numbers only. */
@NullMarked
package org.gup.bench.stats;

import org.jspecify.annotations.NullMarked;
