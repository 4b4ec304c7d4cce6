/**
 * Internal. Ownership of off-heap memory, and the locks that live in it.
 *
 * <p>Everything below this package is an address; this is where an address comes from ({@link org.gup.offheap.Region}),
 * where it is checked in tests ({@link org.gup.offheap.Checks}), and where threads wait ({@link org.gup.offheap.Await}).
 */
@NullMarked
package org.gup.offheap;

import org.jspecify.annotations.NullMarked;
