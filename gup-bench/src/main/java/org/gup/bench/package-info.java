/**
 * The benchmark program: commands, and the main job.
 *
 * <pre>
 *   run -> plan    which cases, how many forks, in which order
 *       -> layout  address spaces, surveyed page by page
 *       -> run     one JVM after the other, by JMH           -> jmh  the benchmarks, each checks its answers
 *       -> report  answers from forks                        -> stats  intervals
 *       -> results one folder, whole or not at all           -> env  machine and JVM, scrubbed
 * </pre>
 */
@NullMarked
package org.gup.bench;

import org.jspecify.annotations.NullMarked;
