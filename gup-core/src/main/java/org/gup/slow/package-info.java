/**
 * Internal. The walk under {@code mmap_sem}: it looks at mappings, faults pages in and takes page-table locks.
 *
 * <p>It never imports {@code org.gup.fast}: falling back from one to the other is the facade's decision.
 */
@NullMarked
package org.gup.slow;

import org.jspecify.annotations.NullMarked;
