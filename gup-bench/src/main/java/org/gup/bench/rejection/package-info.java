/**
 * What refusing mappings of DAX file systems costs, after everything is pinned as in v5.2, and before the walk as in v5.11: with
 * such a mapping in the call, and without one.
 */
@NullMarked
package org.gup.bench.rejection;

import org.jspecify.annotations.NullMarked;
