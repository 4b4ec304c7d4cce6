package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.MemoryAudit;
import org.gup.zone.PhysicalMemory;

/** A real machine with one address space. Closing it checks that every page and every table came back. */
final class MmMachine implements AutoCloseable {
    static final int RW = PROT_READ | PROT_WRITE;
    static final int PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS;
    static final long PAGE = PageTableGeometry.PAGE_SIZE;
    static final long HUGE = PageTableGeometry.HPAGE_PMD_SIZE;
    /** Start of a 2 MiB range, and of a table of every level below the top. */
    static final long BASE = 0x7000_0000_0000L;

    final PhysicalMemory memory;
    final MmStruct mm;
    final Task task;
    private final List<Task> tasks = new ArrayList<>();
    private final long freeAtStart;
    private long keptPages;

    MmMachine(final PhysicalMemory.Builder builder, final int levels) {
        memory = builder.build();
        freeAtStart = memory.freePages();
        task = newTask(0);
        mm = new MmStruct(memory, PageTableGeometry.ofLevels(levels));
    }

    static MmMachine small() {
        return new MmMachine(PhysicalMemory.builder(), 4);
    }

    static MmMachine of(final int levels) {
        return new MmMachine(PhysicalMemory.builder(), levels);
    }

    Task newTask(final int cpu) {
        final Task task = memory.newTask(cpu);
        tasks.add(task);
        return task;
    }

    void map(final long address, final long pages, final int prot) {
        assertEquals(address, mm.mmap(task, address, pages * PAGE, prot, PRIVATE | MAP_FIXED));
    }

    void mapHuge(final long address, final long pages, final int prot) {
        map(address, pages, prot);
        assertEquals(0, mm.madvise(task, address, pages * PAGE, Mman.MADV_HUGEPAGE));
    }

    void unmap(final long address, final long pages) {
        assertEquals(0, mm.munmap(task, address, pages * PAGE));
    }

    void protect(final long address, final long pages, final int prot) {
        assertEquals(0, mm.mprotect(task, address, pages * PAGE, prot));
    }

    int fault(final long address, final int faultFlags) {
        return fault(task, address, faultFlags);
    }

    int fault(final Task who, final long address, final int faultFlags) {
        return fault(who, mm, address, faultFlags);
    }

    int fault(final Task who, final MmStruct space, final long address, final int faultFlags) {
        space.mmapReadLock(who);
        boolean locked = true;
        try {
            final int result = space.handleMmFault(who, vma(space, address), address, faultFlags);
            locked = (result & VM_FAULT_RETRY) == 0 || (faultFlags & FAULT_FLAG_RETRY_NOWAIT) != 0;
            return result;
        } finally {
            if (locked) {
                space.mmapReadUnlock(who);
            }
        }
    }

    void store(final long address, final long value) {
        store(mm, address, value);
    }

    void store(final MmStruct space, final long address, final long value) {
        UserAccess.store(task, space, address, value);
    }

    long load(final long address) {
        return load(mm, address);
    }

    long load(final MmStruct space, final long address) {
        return UserAccess.load(task, space, address);
    }

    /** A child of fork, to be closed by the test. */
    MmStruct fork() {
        final MmStruct child = mm.fork(task);
        assertTrue(child != null, "fork without memory");
        return child;
    }

    VmArea vma(final long address) {
        return vma(mm, address);
    }

    VmArea vma(final MmStruct space, final long address) {
        final VmArea vma = space.findVma(address);
        assertTrue(vma != null && vma.contains(address), () -> "nothing mapped at 0x" + Long.toHexString(address));
        return vma;
    }

    /** Address of the entry of a level, or 0 where a table above it is missing or is a leaf. */
    long entryAddress(final long address, final int level) {
        return entryAddress(mm, address, level);
    }

    private long entryAddress(final MmStruct space, final long address, final int level) {
        long table = space.walkRoot().topTable();
        for (int at = space.walkRoot().geometry().levels(); at > level; at--) {
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, at));
            if (!Pte.isHardwarePresent(entry) || (at <= 3 && Pte.isHuge(entry))) {
                return 0;
            }
            table = memory.tables().child(entry);
        }
        return TablePages.entryAddress(table, address, level);
    }

    private long entry(final MmStruct space, final long address, final int level) {
        final long entryAddress = entryAddress(space, address, level);
        return entryAddress == 0 ? 0 : TablePages.entryAcquire(entryAddress);
    }

    long pte(final long address) {
        return pte(mm, address);
    }

    long pte(final MmStruct space, final long address) {
        return entry(space, address, 1);
    }

    long pmd(final long address) {
        return pmd(mm, address);
    }

    long pmd(final MmStruct space, final long address) {
        return entry(space, address, 2);
    }

    /** Changes an entry behind the address space's back, as a NUMA balancer or a dump would have it. */
    void plant(final long address, final int level, final long entry) {
        TablePages.storeRelease(entryAddress(address, level), entry);
    }

    boolean isHuge(final long address) {
        return isHuge(mm, address);
    }

    boolean isHuge(final MmStruct space, final long address) {
        final long pmd = pmd(space, address);
        return Pte.isPmdPresent(pmd) && Pte.isHuge(pmd);
    }

    /** The frame behind an address, -1 if there is none. */
    long pfn(final long address) {
        return pfn(mm, address);
    }

    long pfn(final MmStruct space, final long address) {
        if (isHuge(space, address)) {
            return Pte.hugePfn(pmd(space, address), 2) + ((address & (HUGE - 1)) >> 12);
        }
        final long pte = pte(space, address);
        return Pte.isPresent(pte) ? Pte.pfn(pte) : -1;
    }

    /** The bits that an oracle's row shows of a PTE, without those of the frame. */
    static long bits(final long entry) {
        return Pte.bits(entry);
    }

    /** Moves the pages of every pagevec to the lists, as a row of the oracle has them before a call. */
    void drain() {
        memory.lruvec().drainAll(task);
    }

    int refcount(final long pfn) {
        return PageRef.countVolatile(memory.memMap().head(memory.memMap().page(pfn)));
    }

    int flags(final long pfn) {
        return PageDescriptor.flagsVolatile(memory.memMap().page(pfn));
    }

    int mapcount(final long pfn) {
        return memory.memMap().pteMapcount(pfn);
    }

    int compoundMapcount(final long headPfn) {
        return memory.memMap().compoundMapcount(headPfn);
    }

    void lockPage(final long pfn) {
        PageLock.lock(memory.memMap().page(pfn), memory.await());
    }

    void unlockPage(final long pfn) {
        PageLock.unlock(memory.memMap().page(pfn));
    }

    void get(final long pfn) {
        assertTrue(PageRef.tryGet(memory.memMap().head(memory.memMap().page(pfn)), 1));
    }

    void put(final long pfn) {
        memory.memMap().put(task, memory.memMap().page(pfn), 1);
    }

    long count(final Counter counter) {
        return task.counters().get(counter);
    }

    /** Takes every free page away, so that no fault gets one; answers them, to be put back. */
    List<Long> takeAllMemory() {
        final List<Long> taken = new ArrayList<>();
        for (long pfn = memory.allocPages(task, 1, 0); pfn >= 0; pfn = memory.allocPages(task, 1, 0)) {
            taken.add(pfn);
        }
        return taken;
    }

    /** The mappings in words: start and end in pages from BASE, then r, w, x, and h for MADV_HUGEPAGE. */
    String layout() {
        final StringBuilder text = new StringBuilder();
        for (final VmArea vma : mm.vmAreas()) {
            text.append(text.length() == 0 ? "" : " ")
                    .append((vma.start() - BASE) / PAGE)
                    .append('-')
                    .append((vma.end() - BASE) / PAGE)
                    .append((vma.flags() & 1) != 0 ? "r" : "")
                    .append((vma.flags() & 2) != 0 ? "w" : "")
                    .append((vma.flags() & 4) != 0 ? "x" : "")
                    .append((vma.flags() & 7) == 0 ? "-" : "")
                    .append((vma.flags() & 0x20000000) != 0 ? "h" : "");
        }
        return text.toString();
    }

    /** Pages that a test has taken out of use for good. */
    void keep(final long pages) {
        keptPages += pages;
    }

    /** Pages of the shared huge zero page, which is kept once it was used. */
    private long hugeZeroPages() {
        for (long pfn = 0; pfn < memory.memMap().nrPages(); pfn += 512) {
            if (memory.isHugeZeroPfn(pfn)) {
                return 512;
            }
        }
        return 0;
    }

    /** Unmaps everything, drains the pagevecs and checks the books. */
    @Override
    public void close() {
        try {
            mm.close(task);
            memory.lruvec().drainAll(task);
            assertEquals(0, memory.tables().allocated(), "tables left");
            final MemoryAudit audit = memory.audit();
            assertTrue(audit.balanced(), audit::toString);
            assertEquals(keptPages + hugeZeroPages(), freeAtStart - memory.freePages(), "pages left");
            assertEquals(0, audit.zeroPageReferences(), "references to the zero page left");
        } finally {
            memory.close();
        }
    }
}
