package org.gup.bench.layout;

import java.util.List;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/** The end of a machine that was measured: its books must balance, or what was measured is worth nothing. */
public final class Books {
    private Books() {}

    /**
     * Drains what waits for the LRU, and demands that every reference and every table is accounted for.
     *
     * @param memory the machine; its address spaces are closed
     * @param task any of its tasks
     * @param after what was done, for the message
     * @throws IllegalStateException if the books do not balance
     */
    public static void check(final PhysicalMemory memory, final Task task, final String after) {
        memory.lruvec().drainAll(task);
        if (!memory.audit().balanced()) {
            throw new IllegalStateException("books do not balance after " + after + ": " + memory.audit());
        }
    }

    /**
     * Checks the books, and frees the machine whatever they say.
     *
     * @param memory the machine; its address spaces are closed
     * @param tasks all of its tasks, at least one
     * @param after what was done, for the message
     * @throws IllegalStateException if the books do not balance
     */
    public static void close(final PhysicalMemory memory, final List<Task> tasks, final String after) {
        try {
            check(memory, tasks.get(0), after);
        } finally {
            tasks.forEach(memory::exitTask);
            memory.close();
        }
    }
}
