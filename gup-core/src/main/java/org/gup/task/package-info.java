/** What a call knows about its caller: {@link org.gup.task.Task}. Public API. */
@NullMarked
package org.gup.task;

import org.jspecify.annotations.NullMarked;
