/** What a real 5.2.1 kernel did, call by call: in memory, in the bundled file, and in the recorded CSV files. */
@NullMarked
package org.gup.bench.agree.truth;

import org.jspecify.annotations.NullMarked;
