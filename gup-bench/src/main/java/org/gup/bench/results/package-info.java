/** What a run leaves behind: one folder, whole or not at all. */
@NullMarked
package org.gup.bench.results;

import org.jspecify.annotations.NullMarked;
