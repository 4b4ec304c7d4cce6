/** Runs against each other: whether they may be compared, what differs, and whether that fails a build. */
@NullMarked
package org.gup.bench.compare;

import org.jspecify.annotations.NullMarked;
