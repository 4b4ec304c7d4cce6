/** What calls do, counted and not timed: loads, stores, locked operations, locks, flushes, copies. The same on every machine. */
@NullMarked
package org.gup.bench.count;

import org.jspecify.annotations.NullMarked;
