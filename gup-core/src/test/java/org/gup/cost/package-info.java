/**
 * What calls cost, counted: loads, stores and locked operations on each sort of word, exactly. The cost model of the kernel
 * is that of Linux 5.2; where the model does more or less, the test says which departure explains it.
 */
@NullMarked
package org.gup.cost;

import org.jspecify.annotations.NullMarked;
