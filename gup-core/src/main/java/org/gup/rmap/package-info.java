/** Where a page is mapped: {@code mm/rmap.c}. Internal. */
@NullMarked
package org.gup.rmap;

import org.jspecify.annotations.NullMarked;
