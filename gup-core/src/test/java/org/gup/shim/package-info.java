/**
 * Looks at every access that the compiled product makes to off-heap memory, without a hook in the product.
 *
 * <p>{@link org.gup.shim.ShimClassLoader} loads the classes of {@code org.gup} a second time and replaces one string of each
 * constant pool, {@code org/agrona/UnsafeApi}, by {@link org.gup.shim.UnsafeShim}, which does what {@code UnsafeApi} does
 * and reports to the thread's {@link org.gup.shim.AccessObserver}. A test class runs there by
 * {@code @ExtendWith(Shimmed.class)}; it is then written like any other.
 *
 * <p>Two observers are ready: {@code org.gup.shim.probe.Probe} counts accesses by kind and by what the word is;
 * {@link org.gup.shim.Interposer} runs an action right before or after a chosen access.
 *
 * <p>The classes of this package belong to both worlds and are loaded once; they name no class of the product. Those of
 * {@code org.gup.shim.probe} know the product, and are loaded with it.
 */
@NullMarked
package org.gup.shim;

import org.jspecify.annotations.NullMarked;
