/** The second question, what migration costs: the calls that migrate, their phases, and what pins do to contiguous memory. */
@NullMarked
package org.gup.bench.migration;

import org.jspecify.annotations.NullMarked;
