/** Runs a plan: one JVM after the other, what they answered, and how disturbed the machine was meanwhile. */
@NullMarked
package org.gup.bench.run;

import org.jspecify.annotations.NullMarked;
