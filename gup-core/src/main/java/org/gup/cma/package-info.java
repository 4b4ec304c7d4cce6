/** Contiguous memory out of ranges that are lent to movable pages meanwhile: {@code mm/cma.c}. */
@NullMarked
package org.gup.cma;

import org.jspecify.annotations.NullMarked;
