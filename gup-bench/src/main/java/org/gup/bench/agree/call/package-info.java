/** Recorded calls, made on the model, and what is seen of it before and after. */
@NullMarked
package org.gup.bench.agree.call;

import org.jspecify.annotations.NullMarked;
