/** The kernel's own benchmark of these calls, {@code tools/testing/selftests/vm/gup_test}, played on the model. */
@NullMarked
package org.gup.bench.guptest;

import org.jspecify.annotations.NullMarked;
