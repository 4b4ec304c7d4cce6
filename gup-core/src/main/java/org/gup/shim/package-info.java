/**
 * Looks at every access that the compiled product makes to off-heap memory, without a hook in the product.
 *
 * <p>{@link org.gup.shim.ShimClassLoader} loads the classes of {@code org.gup} a second time and replaces one string of each
 * constant pool, {@code org/agrona/UnsafeApi}, by {@link org.gup.shim.UnsafeShim}, which does what {@code UnsafeApi} does
 * and reports to the thread's {@link org.gup.shim.AccessObserver}. {@code org.gup.shim.probe.Probe} is one: it counts
 * accesses by kind and by what the word is. What is loaded the usual way is not changed, and pays nothing.
 *
 * <p>The classes of this package belong to both worlds and are loaded once; they name no other class of the product. Those of
 * {@code org.gup.shim.probe} know the product, and are loaded with it. No package of the product knows either.
 *
 * <p>Internal: for this project's measurements and tests.
 */
@NullMarked
package org.gup.shim;

import org.jspecify.annotations.NullMarked;
