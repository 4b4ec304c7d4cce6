/**
 * The benchmarks. Each checks its answers after every iteration: what the counters say was done, and that the references of
 * the pages add up. A wrong answer fails the benchmark.
 *
 * <p>Get and put are timed apart. In a get-only iteration references pile up and are given back when it is over; a put-only
 * iteration starts from a raised count. Neither needs JMH's {@code Level.Invocation}, whose own cost is larger than a walk.
 */
@NullMarked
package org.gup.bench.jmh;

import org.jspecify.annotations.NullMarked;
