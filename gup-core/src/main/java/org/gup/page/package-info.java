/**
 * Internal. {@code struct page}, the array of them, and the contents of page frames.
 *
 * <p>{@link org.gup.page.PageDescriptor} is the layout; {@link org.gup.page.MemMap} the array;
 * {@link org.gup.page.PageRef} the only writer of {@code _refcount}.
 */
@NullMarked
package org.gup.page;

import org.jspecify.annotations.NullMarked;
