/**
 * Internal. Pins that last: no mapping of a DAX file system, no page of a contiguous memory area. Models what mm/gup.c, v5.2
 * wraps around the slow walk for FOLL_LONGTERM.
 */
@NullMarked
package org.gup.longterm;

import org.jspecify.annotations.NullMarked;
