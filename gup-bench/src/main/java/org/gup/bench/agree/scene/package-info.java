/** Each recorded scene, set on the model: one line or a few for each, by family. */
@NullMarked
package org.gup.bench.agree.scene;

import org.jspecify.annotations.NullMarked;
