/** The address spaces that are measured: synthetic ones and dumps of real ones, and which way their pages go. */
@NullMarked
package org.gup.bench.layout;

import org.jspecify.annotations.NullMarked;
