/** Numbers, tables and durations as people read them. */
@NullMarked
package org.gup.bench.text;

import org.jspecify.annotations.NullMarked;
