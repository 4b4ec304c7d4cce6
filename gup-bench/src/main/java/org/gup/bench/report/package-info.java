/** From what was measured to what is said: the answers, and the texts that give them. */
@NullMarked
package org.gup.bench.report;

import org.jspecify.annotations.NullMarked;
