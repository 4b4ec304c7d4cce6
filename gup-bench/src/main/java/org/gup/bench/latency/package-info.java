/** How long one call takes while another thread changes the same address space. */
@NullMarked
package org.gup.bench.latency;

import org.jspecify.annotations.NullMarked;
