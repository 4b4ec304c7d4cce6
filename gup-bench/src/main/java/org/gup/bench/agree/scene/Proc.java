package org.gup.bench.agree.scene;

import org.gup.mm.MmStruct;
import org.gup.task.Task;

/**
 * A process of a scene.
 *
 * @param task its one thread
 * @param mm its address space
 */
public record Proc(Task task, MmStruct mm) {}
