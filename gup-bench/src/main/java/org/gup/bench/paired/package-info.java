/**
 * Small differences, measured in pairs: every variant in one process, over the same pages, in short slices of shuffled order;
 * the fork is the replicate.
 */
@NullMarked
package org.gup.bench.paired;

import org.jspecify.annotations.NullMarked;
