/** Counts and names accesses to the model's memory; loaded with the product, in the shim's class loader. */
@NullMarked
package org.gup.shim.probe;

import org.jspecify.annotations.NullMarked;
