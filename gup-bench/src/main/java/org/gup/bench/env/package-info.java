/** The machine, the JVM and their state while something was measured; and what of it may be written down. */
@NullMarked
package org.gup.bench.env;

import org.jspecify.annotations.NullMarked;
