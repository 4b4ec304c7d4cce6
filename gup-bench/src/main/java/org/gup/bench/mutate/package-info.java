/** What other threads do to an address space while somebody gets its pages. */
@NullMarked
package org.gup.bench.mutate;

import org.jspecify.annotations.NullMarked;
