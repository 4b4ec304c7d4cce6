/**
 * Where the fast path stops, and what it then costs: one factor at a time, the share of pages that it cannot take, where the
 * first of them stands, what maps the pages, where their frames lie, and how many threads ask.
 */
@NullMarked
package org.gup.bench.curve;

import org.jspecify.annotations.NullMarked;
