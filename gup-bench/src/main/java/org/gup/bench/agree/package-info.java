/** Whether the model does what a real 5.2.1 kernel did: each recorded call is made on its scene, and both sides compared. */
@NullMarked
package org.gup.bench.agree;

import org.jspecify.annotations.NullMarked;
