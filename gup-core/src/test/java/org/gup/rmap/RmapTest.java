package org.gup.rmap;

import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.rmap.MappedSpace.READABLE;
import static org.gup.rmap.MappedSpace.WRITTEN;
import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.PageSlots;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.WalkRoot;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reverse mapping over page tables made by hand: what becomes of entries, counts and flags. */
class RmapTest {
    private static final long START = 0x7f00_0000_0000L;
    private static final PteLayout LAYOUT = PteLayout.V5_2;

    private PhysicalMemory memory;
    private MemMap memMap;
    private Rmap rmap;
    private Task task;
    private long owner;
    private MappedSpace parent;
    private MappedSpace child;

    @BeforeEach
    void open() {
        memory = PhysicalMemory.builder()
                .tablePages(64)
                .normalPages(4096)
                .tlbSync(TlbSync.IPI_WAIT)
                .build();
        memMap = memory.memMap();
        rmap = memory.rmap();
        task = memory.newTask(0);
        owner = rmap.newOwner(null);
        parent = new MappedSpace(memory, owner, START, 1024, 16);
        child = new MappedSpace(memory, owner, START + HPAGE_PMD_SIZE, 1024, 16);
        rmap.attach(task, owner, parent);
        rmap.attach(task, owner, child);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private long newPage(final long address) {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        parent.identify(pfn, address);
        return pfn;
    }

    private long newHugePage(final long address) {
        final long pfn = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        parent.identify(pfn, address);
        return pfn;
    }

    private int references(final long pfn) {
        return PageRef.countVolatile(memMap.page(pfn));
    }

    private int flags(final long pfn) {
        return PageDescriptor.flagsVolatile(memMap.page(pfn));
    }

    @Test
    void shouldReplaceEveryMappingByAMigrationEntryOfItsKind() {
        final long address = START + 5 * PAGE_SIZE;
        final long pfn = newPage(address);
        final long neighbour = newPage(address + PAGE_SIZE);
        parent.map(address, pfn, WRITTEN);
        parent.map(address + PAGE_SIZE, neighbour, WRITTEN);
        child.map(address + HPAGE_PMD_SIZE, pfn, READABLE);
        assertEquals(3, references(pfn));

        assertTrue(rmap.tryToUnmapForMigration(task, pfn));

        assertEquals(LAYOUT.migrationEntry(pfn, true), parent.pte(address));
        assertEquals(LAYOUT.migrationEntry(pfn, false), child.pte(address + HPAGE_PMD_SIZE));
        assertEquals(1, references(pfn));
        assertEquals(0, memMap.totalMapcount(pfn));
        assertEquals(PG_DIRTY, flags(pfn) & PG_DIRTY);
        assertEquals(Pte.of(neighbour, WRITTEN), parent.pte(address + PAGE_SIZE), "a page that is not meant");
        assertEquals(0, flags(neighbour) & PG_DIRTY);
    }

    @Test
    void shouldMapTheNewPageWhereTheOldOneWas() {
        final long address = START + 5 * PAGE_SIZE;
        final long old = newPage(address);
        final long fresh = newPage(address);
        parent.map(address, old, WRITTEN | Pte.SOFT_DIRTY);
        child.map(address + HPAGE_PMD_SIZE, old, READABLE);
        rmap.tryToUnmapForMigration(task, old);

        rmap.removeMigrationPtes(task, old, fresh);

        final long unused = READABLE & ~Pte.ACCESSED;
        assertEquals(Pte.of(fresh, unused | Pte.RW | Pte.SOFT_DIRTY), parent.pte(address), "not used, not dirty");
        assertEquals(Pte.of(fresh, unused), child.pte(address + HPAGE_PMD_SIZE), "as little writable as it was");
        assertEquals(3, references(fresh));
        assertEquals(2, memMap.totalMapcount(fresh));
        assertEquals(1, references(old));
    }

    @Test
    void shouldNotGiveBackAPermissionTakenAwayMeanwhile() {
        final long pfn = newPage(START);
        parent.map(START, pfn, WRITTEN);
        rmap.tryToUnmapForMigration(task, pfn);
        parent.setVmFlags(VmFlags.VM_READ);

        rmap.removeMigrationPtes(task, pfn, pfn);

        assertFalse(Pte.isWritable(parent.pte(START)));
        assertEquals(pfn, Pte.pfn(parent.pte(START)));
    }

    @Test
    void shouldFollowAHugeMapping() {
        final long old = newHugePage(START);
        final long fresh = newHugePage(START);
        parent.mapHuge(START, old, WRITTEN);
        child.mapHuge(START + HPAGE_PMD_SIZE, old, READABLE);

        assertTrue(rmap.tryToUnmapForMigration(task, old));
        assertEquals(LAYOUT.migrationEntry(old, true), parent.pmd(START));
        assertEquals(LAYOUT.migrationEntry(old, false), child.pmd(START + HPAGE_PMD_SIZE));
        assertEquals(1, references(old));
        assertEquals(0, memMap.compoundMapcount(old));
        assertEquals(PG_DIRTY, flags(old) & PG_DIRTY);

        rmap.removeMigrationPtes(task, old, fresh);
        final long unused = (READABLE & ~Pte.ACCESSED) | Pte.PSE;
        assertEquals(Pte.ofHuge(fresh, unused | Pte.RW, 2), parent.pmd(START));
        assertEquals(Pte.ofHuge(fresh, unused, 2), child.pmd(START + HPAGE_PMD_SIZE));
        assertEquals(3, references(fresh));
        assertEquals(2, memMap.compoundMapcount(fresh));
    }

    @Test
    void shouldFollowAHugePageMappedPieceByPiece() {
        final long old = newHugePage(START);
        final long fresh = newHugePage(START);
        for (int i = 0; i < 512; i += 7) {
            parent.map(START + i * PAGE_SIZE, old + i, WRITTEN);
        }
        child.mapHuge(START + HPAGE_PMD_SIZE, old, READABLE);

        assertTrue(rmap.tryToUnmapForMigration(task, old));
        assertEquals(1, references(old));
        assertEquals(LAYOUT.migrationEntry(old + 7, true), parent.pte(START + 7 * PAGE_SIZE));
        assertEquals(0, parent.pte(START + 8 * PAGE_SIZE));

        rmap.removeMigrationPtes(task, old, fresh);
        assertEquals(fresh + 511, Pte.pfn(parent.pte(START + 511 * PAGE_SIZE)));
        assertEquals(1, memMap.pteMapcount(fresh + 7));
        assertEquals(0, memMap.pteMapcount(fresh + 8));
        assertEquals(1 + 74 + 1, references(fresh));
    }

    @Test
    void shouldSplitTheMigrationEntryOfAWholeHugePage() {
        final long pfn = newHugePage(START);
        parent.mapHuge(START, pfn, WRITTEN);
        final int before = memory.tables().allocated();
        rmap.tryToUnmapForMigration(task, pfn);

        rmap.splitMigrationPmds(task, pfn);

        for (int i = 0; i < 512; i++) {
            assertEquals(LAYOUT.migrationEntry(pfn + i, true), parent.pte(START + i * PAGE_SIZE));
        }
        assertEquals(before, memory.tables().allocated(), "the deposited table was used");
    }

    @Test
    void shouldPutASwapEntryInPlaceOfAMapping() {
        final long pfn = newPage(START);
        parent.map(START, pfn, WRITTEN);
        final long entry = Pte.swapEntry(0, 7);

        assertTrue(rmap.tryToUnmapTo(task, pfn, entry));

        assertEquals(entry, parent.pte(START));
        assertEquals(1, references(pfn));
        assertEquals(PG_DIRTY, flags(pfn) & PG_DIRTY);
    }

    @Test
    void shouldSpareALockedMappingUnlessThePageIsPoisoned() {
        final long pfn = newPage(START);
        parent.map(START, pfn, WRITTEN);
        parent.setVmFlags(VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_LOCKED);

        assertTrue(rmap.isMappedLocked(task, pfn));
        assertFalse(rmap.tryToUnmapTo(task, pfn, Pte.swapEntry(0, 7)));
        assertEquals(Pte.of(pfn, WRITTEN), parent.pte(START));
        assertEquals(2, references(pfn));

        assertTrue(rmap.tryToUnmapTo(task, pfn, LAYOUT.hwpoisonEntry(pfn)));
        assertEquals(LAYOUT.hwpoisonEntry(pfn), parent.pte(START));
        assertFalse(rmap.isMappedLocked(task, pfn));
    }

    @Test
    void shouldLeaveNothingBehindWhereNothingIsAskedFor() {
        final long pfn = newPage(START);
        parent.map(START, pfn, READABLE);
        assertTrue(rmap.tryToUnmapTo(task, pfn, 0));
        assertEquals(0, parent.pte(START));
    }

    @Test
    void shouldKeepAPageLockedIntoMemoryThroughAMigration() {
        final long old = newPage(START);
        final long fresh = newPage(START);
        parent.setVmFlags(VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_LOCKED);
        parent.map(START, old, WRITTEN);
        PageDescriptor.setFlags(memMap.page(old), PG_MLOCKED);

        rmap.tryToUnmapForMigration(task, old);
        assertEquals(0, flags(old) & PG_MLOCKED);
        rmap.removeMigrationPtes(task, old, fresh);
        assertEquals(PG_MLOCKED, flags(fresh) & PG_MLOCKED);
    }

    @Test
    void shouldLookOnlyWhereAnOwnerIsAttached() {
        final long pfn = newPage(START);
        parent.map(START, pfn, WRITTEN);
        rmap.detach(task, owner, parent);
        assertFalse(rmap.tryToUnmapForMigration(task, pfn));
        assertEquals(Pte.of(pfn, WRITTEN), parent.pte(START));

        rmap.attach(task, owner, parent);
        assertTrue(rmap.tryToUnmapForMigration(task, pfn));
    }

    /** Delegates to another target, and tells when it is asked. */
    private record Asked(RmapTarget target, Runnable asked) implements RmapTarget {
        @Override
        public WalkRoot walkRoot() {
            return target.walkRoot();
        }

        @Override
        public long firstMapped(final long owner, final long index, final long nrPages, final long from) {
            asked.run();
            return target.firstMapped(owner, index, nrPages, from);
        }

        @Override
        public long mappedEnd(final long address) {
            return target.mappedEnd(address);
        }

        @Override
        public long mappedIndex(final long owner, final long address) {
            return target.mappedIndex(owner, address);
        }

        @Override
        public long vmFlags(final long address) {
            return target.vmFlags(address);
        }

        @Override
        public long protectionBits(final long address) {
            return target.protectionBits(address);
        }
    }

    @Test
    void shouldAskTheOldestAddressSpaceFirst() {
        final long pfn = newPage(START);
        final List<String> asked = new ArrayList<>();
        final long other = rmap.newOwner(null);
        final RmapTarget first = new Asked(parent, () -> asked.add("first"));
        final RmapTarget second = new Asked(child, () -> asked.add("second"));
        final RmapTarget third = new Asked(child, () -> asked.add("third"));
        rmap.attach(task, other, first);
        rmap.attach(task, other, second);
        rmap.attach(task, other, third);
        rmap.attach(task, other, second);
        PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.MAPPING_OFFSET, other);
        rmap.tryToUnmapForMigration(task, pfn);
        assertEquals(List.of("first", "second", "third"), asked);

        asked.clear();
        rmap.detach(task, other, first);
        rmap.tryToUnmapForMigration(task, pfn);
        assertEquals(List.of("second", "third"), asked);
    }

    @Test
    @Timeout(60)
    void shouldNotDetachWhileAWalkIsUnderWay() throws InterruptedException {
        final long pfn = newPage(START);
        final CountDownLatch walking = new CountDownLatch(1);
        final CountDownLatch mayGoOn = new CountDownLatch(1);
        final AtomicBoolean detached = new AtomicBoolean();
        final AtomicBoolean detachedDuringWalk = new AtomicBoolean();
        final long other = rmap.newOwner(null);
        final RmapTarget target = new Asked(parent, () -> {
            walking.countDown();
            await(mayGoOn);
            detachedDuringWalk.set(detached.get());
        });
        rmap.attach(task, other, target);
        PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.MAPPING_OFFSET, other);
        final Task walker = memory.newTask(1);
        final Thread walk = new Thread(() -> rmap.tryToUnmapForMigration(walker, pfn));
        walk.start();
        await(walking);
        final Thread detach = new Thread(() -> {
            rmap.detach(task, other, target);
            detached.set(true);
        });
        detach.start();
        for (int i = 0; i < 1000; i++) {
            Thread.yield();
        }
        mayGoOn.countDown();
        walk.join();
        detach.join();
        assertFalse(detachedDuringWalk.get());
        assertTrue(detached.get());
    }

    private static void await(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Test
    void shouldKnowTheSlotsOfAFile() {
        final PageSlots slots = (who, index, oldPfn, newPfn, expected) -> false;
        final long file = rmap.newOwner(slots);
        rmap.attach(task, file, parent);
        rmap.detach(task, file, parent);
        assertSame(slots, rmap.slots(file));
        assertNull(rmap.slots(owner));
        assertNull(rmap.slots(0));
    }
}
