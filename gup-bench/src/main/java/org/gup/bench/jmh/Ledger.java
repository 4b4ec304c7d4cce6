package org.gup.bench.jmh;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * What a task's counters and the reference counts of some pages were at one moment, to be compared with what they are at a
 * later one.
 */
final class Ledger {
    private final Task task;
    private final MemMap memMap;
    private final long[] heads;
    private final Map<Counter, Long> counters = new EnumMap<>(Counter.class);
    private final Map<StopReason, Long> stops = new EnumMap<>(StopReason.class);
    private long references;

    Ledger(final PhysicalMemory memory, final Task task, final long[] pfns) {
        this.task = task;
        this.memMap = memory.memMap();
        this.heads = Arrays.stream(pfns)
                .map(pfn -> memMap.head(memMap.page(pfn)))
                .distinct()
                .toArray();
        open();
    }

    /** Takes down the state now. */
    void open() {
        for (final Counter counter : Counter.values()) {
            counters.put(counter, task.counters().get(counter));
        }
        for (final StopReason reason : StopReason.values()) {
            stops.put(reason, task.counters().get(reason));
        }
        references = countReferences();
    }

    long since(final Counter counter) {
        return task.counters().get(counter) - counters.getOrDefault(counter, 0L);
    }

    long since(final StopReason reason) {
        return task.counters().get(reason) - stops.getOrDefault(reason, 0L);
    }

    void expect(final Counter counter, final long expected) {
        WrongAnswerException.check(counter.name(), expected, since(counter));
    }

    void expect(final StopReason reason, final long expected) {
        WrongAnswerException.check("walks that ended for " + reason, expected, since(reason));
    }

    void expectReferences(final long expected) {
        WrongAnswerException.check("references taken and not given back", expected, countReferences() - references);
    }

    private long countReferences() {
        return Arrays.stream(heads).map(PageRef::countVolatile).sum();
    }
}
