/** Random calls against random changes for as long as one likes, invariants checked all the while. */
@NullMarked
package org.gup.bench.soak;

import org.jspecify.annotations.NullMarked;
