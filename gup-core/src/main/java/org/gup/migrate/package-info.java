/** Moves pages to other frames without their users' notice: {@code mm/migrate.c}. */
@NullMarked
package org.gup.migrate;

import org.jspecify.annotations.NullMarked;
