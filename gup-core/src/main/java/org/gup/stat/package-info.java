/** Counters like {@code /proc/vmstat}, and why the fast walk stopped. Public API. */
@NullMarked
package org.gup.stat;

import org.jspecify.annotations.NullMarked;
