/**
 * Two identical models live the same random life, one asked for pages through get_user_pages_fast() and one through the
 * slow calls only. What they answer, what the pages hold and where they are mapped must agree, but for the divergences of
 * Linux 5.2 that {@link org.gup.property.Divergence} names; a naive model of maps says what every address must hold.
 */
@NullMarked
package org.gup.property;

import org.jspecify.annotations.NullMarked;
