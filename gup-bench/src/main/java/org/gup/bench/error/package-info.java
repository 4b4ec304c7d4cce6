/** Exit statuses, and the two ways in which a command ends early. */
@NullMarked
package org.gup.bench.error;

import org.jspecify.annotations.NullMarked;
