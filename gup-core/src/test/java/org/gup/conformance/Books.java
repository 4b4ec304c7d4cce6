package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.page.DevPagemap;
import org.gup.task.Task;
import org.gup.zone.MemoryAudit;
import org.gup.zone.PhysicalMemory;

/** What a machine has when nobody uses it, to be compared with what it has in the end. */
final class Books {
    private static final long HUGE_ZERO_PAGES = 512;

    private final PhysicalMemory memory;
    private final long freePages;
    private final long freeHugetlbPages;
    private final long hugetlbPages;
    private final long tables;

    Books(final PhysicalMemory memory) {
        this.memory = memory;
        this.freePages = memory.freePages();
        this.freeHugetlbPages = memory.hugetlb().freePages();
        this.hugetlbPages = memory.hugetlb().total();
        this.tables = memory.tables().allocated();
    }

    /** Everything was put and closed: are the counts those of the start? */
    void check(final Task task, final long lostPages) {
        memory.lruvec().drainAll(task);
        final MemoryAudit audit = memory.audit();
        assertTrue(audit.balanced(), audit::toString);
        assertEquals(0, audit.deviceReferences(), "references to device pages left");
        assertEquals(0, audit.zeroPageReferences(), "references to the zero page left");
        assertEquals(0, memory.lruvec().isolatedPages(false), "NR_ISOLATED_ANON");
        assertEquals(0, memory.lruvec().isolatedPages(true), "NR_ISOLATED_FILE");
        assertEquals(tables, memory.tables().allocated(), "tables left");
        assertEquals(0, memory.swap().inUse(), "swap slots left");
        assertEquals(freeHugetlbPages, memory.hugetlb().freePages(), "free hugetlb pages");
        assertEquals(hugetlbPages, memory.hugetlb().total(), "hugetlb pages");
        for (final DevPagemap device : memory.devices()) {
            assertEquals(0, device.references(), () -> "references to the range of " + device.type() + " left");
        }
        final long hugeZero = audit.usedPages() > 0 && hugeZeroPageExists() ? HUGE_ZERO_PAGES : 0;
        assertEquals(freePages, memory.freePages() + hugeZero + lostPages, "free pages");
    }

    private boolean hugeZeroPageExists() {
        for (long pfn = 0; pfn < memory.memMap().nrPages(); pfn += HUGE_ZERO_PAGES) {
            if (memory.isHugeZeroPfn(pfn)) {
                return true;
            }
        }
        return false;
    }
}
