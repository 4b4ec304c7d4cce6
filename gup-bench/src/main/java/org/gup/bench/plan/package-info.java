/** What is run: cases, how often in which profile, and in which order. */
@NullMarked
package org.gup.bench.plan;

import org.jspecify.annotations.NullMarked;
