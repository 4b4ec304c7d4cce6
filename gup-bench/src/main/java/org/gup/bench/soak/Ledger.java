package org.gup.bench.soak;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.gup.bench.mutate.SharedMachine;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.gup.zone.MemoryAudit;
import org.gup.zone.PhysicalMemory;

/**
 * The books while everybody pauses: every reference of a held page is accounted for, and the machine's own audit balances.
 */
final class Ledger {
    private final PhysicalMemory memory;
    private final Task task;

    Ledger(final SharedMachine machine, final Task task) {
        this.memory = machine.memory();
        this.task = task;
    }

    /**
     * Looks at everything. Nobody else is inside the machine.
     *
     * @param pinners who hold pages
     * @return pages held, a page counting as often as it is held
     * @throws ViolationException if something does not add up
     */
    long check(final List<Pinner> pinners) {
        memory.lruvec().drainAll(task);
        final MemMap memMap = memory.memMap();
        final Map<Long, Integer> pins = new HashMap<>();
        long held = 0;
        long zeroPins = 0;
        for (final Pinner pinner : pinners) {
            for (final Holding holding : pinner.holdings()) {
                for (int i = 0; i < holding.count(); i++) {
                    final long pfn = holding.pages()[i];
                    held++;
                    if (pfn == memory.zeroPfn()) {
                        zeroPins++;
                    } else {
                        pins.merge(memMap.pfn(memMap.head(memMap.page(pfn))), 1, Integer::sum);
                    }
                }
            }
        }
        pins.forEach(this::checkReferences);
        final MemoryAudit audit = memory.audit();
        if (!audit.balanced()) {
            throw new ViolationException("audit: books that balance expected, found " + audit);
        }
        ViolationException.expect("references to the zero page", zeroPins, audit.zeroPageReferences());
        return held;
    }

    private void checkReferences(final long headPfn, final int pins) {
        final MemMap memMap = memory.memMap();
        final long page = memMap.page(headPfn);
        final int references = PageRef.countVolatile(page);
        if (memMap.compoundOrder(headPfn) > 0) {
            if (references < pins) {
                throw new ViolationException("references of huge page " + headPfn + ": expected at least " + pins
                        + ", one for each pin, found " + references);
            }
            return;
        }
        final int mappings = memMap.pteMapcount(headPfn);
        final int cache = (PageDescriptor.flagsVolatile(page) & PageDescriptor.PG_SWAPCACHE) != 0 ? 1 : 0;
        if (references != pins + mappings + cache) {
            throw new ViolationException("references of page " + headPfn + ": expected " + pins + " pins + " + mappings
                    + " mappings + " + cache + " of the swap cache, found " + references);
        }
    }
}
