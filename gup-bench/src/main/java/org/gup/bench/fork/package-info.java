/** Programs of their own that measure many cases in one JVM. */
@NullMarked
package org.gup.bench.fork;

import org.jspecify.annotations.NullMarked;
