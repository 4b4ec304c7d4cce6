/** Which kernel is modelled. Public API. */
@NullMarked
package org.gup.kernel;

import org.jspecify.annotations.NullMarked;
