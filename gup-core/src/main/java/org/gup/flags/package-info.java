/** The kernel's numbers: {@code FOLL_*}, {@code VM_*}, fault flags and results, {@code errno}. Public API. */
@NullMarked
package org.gup.flags;

import org.jspecify.annotations.NullMarked;
