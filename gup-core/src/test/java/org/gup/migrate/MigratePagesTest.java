package org.gup.migrate;

import static org.gup.flags.Errno.ENOMEM;
import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_LOCKED;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.page.PageDescriptor.PG_WRITEBACK;
import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.rmap.MappedSpace.READABLE;
import static org.gup.rmap.MappedSpace.WRITTEN;
import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.page.PageSlots;
import org.gup.pgtable.Pte;
import org.gup.rmap.MappedSpace;
import org.gup.rmap.Rmap;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.HugetlbPool;
import org.gup.zone.Lruvec;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.SwapArea;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Migration of pages mapped by hand: contents, counts, flags, lists, and every way it can fail. */
class MigratePagesTest {
    private static final long START = 0x5000_0000_0000L;

    private PhysicalMemory memory;
    private MemMap memMap;
    private Lruvec lru;
    private Task task;
    private long owner;
    private MappedSpace space;
    private PageList list;
    private MigratePages migrate;
    private final List<MigrationPhase> phases = new ArrayList<>();
    private Consumer<MigrationPhase> atPhase = phase -> {};
    private Runnable atPause = () -> {};
    private long lastTarget;

    @BeforeEach
    void open() {
        memory = PhysicalMemory.builder()
                .tablePages(64)
                .normalPages(4096)
                .swapPages(8)
                .hugetlbPages(1)
                .await(tries -> {
                    atPause.run();
                    Thread.onSpinWait();
                })
                .build();
        memMap = memory.memMap();
        lru = memory.lruvec();
        task = memory.newTask(0);
        owner = memory.rmap().newOwner(null);
        space = new MappedSpace(memory, owner, START, 2048, 0);
        memory.rmap().attach(task, owner, space);
        list = new PageList(memMap);
        migrate = new MigratePages(memory, (who, phase) -> {
            phases.add(phase);
            atPhase.accept(phase);
        });
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private long target(final Task who, final long headPfn) {
        lastTarget =
                memory.allocPages(who, memMap.compoundOrder(headPfn) > 0 ? GFP_COMP : 0, memMap.compoundOrder(headPfn));
        return lastTarget;
    }

    private int run() {
        return migrate.migratePages(task, list, this::target);
    }

    private long address(final int page) {
        return START + page * PAGE_SIZE;
    }

    /** An anonymous page on the LRU, mapped writable, whose one reference is the mapping's. */
    private long mapped(final int page) {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        space.identify(pfn, address(page));
        space.map(address(page), pfn, WRITTEN);
        memory.frames().putLong(pfn, 8, 1000 + page);
        lru.add(task, pfn, true);
        lru.drainAll(task);
        memMap.put(task, memMap.page(pfn), 1);
        return pfn;
    }

    private long mappedHuge() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        space.identify(pfn, START);
        for (int i = 0; i < 512; i++) {
            memory.frames().putLong(pfn + i, 16, 2000 + i);
        }
        space.mapHuge(START, pfn, WRITTEN);
        lru.add(task, pfn, true);
        memMap.put(task, memMap.page(pfn), 1);
        return pfn;
    }

    private void isolate(final long pfn) {
        assertTrue(lru.isolate(pfn));
        list.add(pfn);
        lru.countIsolated((flags(pfn) & PG_SWAPBACKED) == 0, 1L << memMap.compoundOrder(pfn));
    }

    private int flags(final long pfn) {
        return PageDescriptor.flagsVolatile(memMap.page(pfn));
    }

    private int references(final long pfn) {
        return PageRef.countVolatile(memMap.page(pfn));
    }

    private long count(final Counter counter) {
        return task.counters().get(counter);
    }

    private void assertNothingIsolated() {
        assertEquals(0, lru.isolatedPages(false));
        assertEquals(0, lru.isolatedPages(true));
        assertTrue(list.isEmpty());
    }

    private void assertBalanced() {
        lru.drainAll(task);
        assertEquals(List.of(), memory.audit().problems());
    }

    @Test
    void shouldMoveAPageWithWhatItIs() {
        final long pfn = mapped(3);
        PageDescriptor.setFlags(memMap.page(pfn), PG_REFERENCED);
        isolate(pfn);
        final long allocations = count(Counter.ALLOC_ORDER_0);
        final long free = memory.freePages();

        assertEquals(0, run());

        assertEquals(Pte.of(lastTarget, (READABLE & ~Pte.ACCESSED) | Pte.RW), space.pte(address(3)));
        assertEquals(1003, memory.frames().getLong(lastTarget, 8));
        assertEquals(2, references(lastTarget), "its mapping and the pagevec");
        assertEquals(
                PG_ANON | PG_SWAPBACKED | PG_UPTODATE | PG_DIRTY | PG_ACTIVE | PG_REFERENCED,
                flags(lastTarget) & ~PageDescriptor.PG_PAGEVEC);
        assertEquals(owner, PageDescriptor.coldLong(memMap.cold(lastTarget), MAPPING_OFFSET));
        assertEquals(3, PageDescriptor.coldLong(memMap.cold(lastTarget), INDEX_OFFSET));
        assertEquals(0, references(pfn), "freed");
        assertEquals(free, memory.freePages());
        assertEquals(allocations + 1, count(Counter.ALLOC_ORDER_0));
        assertEquals(1, count(Counter.MIGRATE_CALLS));
        assertEquals(1, count(Counter.PGMIGRATE_SUCCESS));
        assertEquals(0, count(Counter.PGMIGRATE_FAIL));
        assertEquals(
                List.of(MigrationPhase.ALLOCATE, MigrationPhase.UNMAP, MigrationPhase.COPY, MigrationPhase.REMAP),
                phases);
        assertNothingIsolated();
        assertBalanced();
        assertEquals(PG_LRU, flags(lastTarget) & PG_LRU);
    }

    @Test
    void shouldHoldThePageLockForWhoWaitsAtAMigrationEntry() {
        final long pfn = mapped(0);
        isolate(pfn);
        atPhase = phase -> {
            if (phase != MigrationPhase.ALLOCATE) {
                assertEquals(PG_LOCKED, flags(pfn) & PG_LOCKED, phase.name());
                assertEquals(PG_LOCKED, flags(lastTarget) & PG_LOCKED, phase.name());
            }
            if (phase == MigrationPhase.COPY) {
                assertTrue(space.walkRoot().layout().isMigration(space.pte(address(0))));
            }
        };
        assertEquals(0, run());
        assertEquals(0, flags(lastTarget) & PG_LOCKED);
    }

    @Test
    void shouldLeaveAPinnedPageWhereItIsAfterTenPasses() {
        final long pfn = mapped(0);
        PageRef.get(memMap.page(pfn), 1);
        isolate(pfn);
        final long allocations = count(Counter.ALLOC_ORDER_0);

        assertEquals(1, run());

        assertEquals(allocations + MigratePages.PASSES, count(Counter.ALLOC_ORDER_0), "a target for each pass");
        assertEquals(1, list.size());
        assertEquals(1, lru.isolatedPages(false));
        assertEquals(pfn, Pte.pfn(space.pte(address(0))));
        assertTrue(Pte.isWritable(space.pte(address(0))));
        assertEquals(1003 - 3, memory.frames().getLong(pfn, 8));
        assertEquals(PG_DIRTY, flags(pfn) & PG_DIRTY);
        assertEquals(1, count(Counter.PGMIGRATE_FAIL));

        migrate.putbackMovablePages(task, list);
        assertEquals(MigrationPhase.PUTBACK, phases.get(phases.size() - 1));
        assertNothingIsolated();
        lru.drainAll(task);
        assertEquals(PG_LRU, flags(pfn) & PG_LRU);
        assertEquals(2, references(pfn), "its mapping and the pin");
        assertBalanced();
    }

    @Test
    void shouldMoveAPageWhosePinGoesBetweenPasses() {
        final long pfn = mapped(0);
        PageRef.get(memMap.page(pfn), 1);
        isolate(pfn);
        atPhase = phase -> {
            if (phase == MigrationPhase.ALLOCATE && phases.size() > 20 && references(pfn) == 3) {
                memMap.put(task, memMap.page(pfn), 1);
            }
        };
        assertEquals(0, run());
        assertEquals(lastTarget, Pte.pfn(space.pte(address(0))));
        assertNothingIsolated();
    }

    @Test
    void shouldStayForAnActivationThatNobodyDrained() {
        final long pfn = mapped(0);
        lru.isolate(pfn);
        PageDescriptor.clearFlags(memMap.page(pfn), PG_ACTIVE);
        lru.putback(task, pfn);
        lru.drainAll(task);
        lru.markAccessed(task, pfn);
        lru.markAccessed(task, pfn);
        assertEquals(1, lru.activationPages(0));
        isolate(pfn);

        assertEquals(1, run());

        migrate.putbackMovablePages(task, list);
        lru.drainAll(task);
        isolate(pfn);
        assertEquals(0, run(), "once drained, it moves");
    }

    @Test
    @Timeout(60)
    void shouldWaitForThePageLockFromTheFourthPassOn() {
        final long pfn = mapped(0);
        isolate(pfn);
        PageLock.lock(memMap.page(pfn), memory.await());
        final int[] pauses = {0};
        atPause = () -> {
            if (++pauses[0] == 1) {
                PageLock.unlock(memMap.page(pfn));
            }
        };
        assertEquals(0, run());
        assertEquals(1, pauses[0]);
        final List<MigrationPhase> expected = new ArrayList<>(List.of(
                MigrationPhase.ALLOCATE, MigrationPhase.ALLOCATE, MigrationPhase.ALLOCATE, MigrationPhase.ALLOCATE));
        expected.addAll(List.of(MigrationPhase.UNMAP, MigrationPhase.COPY, MigrationPhase.REMAP));
        assertEquals(expected, phases);
    }

    @Test
    @Timeout(60)
    void shouldWaitForWritebackFromTheFourthPassOn() {
        final long pfn = mapped(0);
        isolate(pfn);
        PageDescriptor.setFlags(memMap.page(pfn), PG_WRITEBACK);
        atPause = () -> PageDescriptor.clearFlags(memMap.page(pfn), PG_WRITEBACK);
        assertEquals(0, run());
        assertEquals(4, phases.stream().filter(MigrationPhase.ALLOCATE::equals).count());
        assertEquals(0, flags(lastTarget) & PG_WRITEBACK);
    }

    @Test
    void shouldStopAtTheFirstTargetThatCannotBeAllocated() {
        final long[] pfns = {mapped(0), mapped(1), mapped(2), mapped(3)};
        for (final long pfn : pfns) {
            isolate(pfn);
        }
        final int[] calls = {0};
        final int result =
                migrate.migratePages(task, list, (who, headPfn) -> ++calls[0] == 3 ? -1 : target(who, headPfn));

        assertEquals(-ENOMEM, result);
        assertEquals(3, calls[0]);
        assertEquals(2, list.size());
        assertEquals(pfns[2], list.first());
        assertEquals(2, lru.isolatedPages(false));
        assertEquals(2, count(Counter.PGMIGRATE_SUCCESS));
        assertEquals(1, count(Counter.PGMIGRATE_FAIL));
        migrate.putbackMovablePages(task, list);
        assertNothingIsolated();
        assertEquals(pfns[3], Pte.pfn(space.pte(address(3))));
        assertBalanced();
    }

    @Test
    void shouldBeDoneWithAPageThatWasFreedMeanwhile() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        lru.add(task, pfn, true);
        lru.drainAll(task);
        isolate(pfn);
        final long free = memory.freePages();
        memMap.put(task, memMap.page(pfn), 1);

        assertEquals(0, run());

        assertEquals(List.of(MigrationPhase.ALLOCATE), phases);
        assertEquals(free + 1, memory.freePages());
        assertNothingIsolated();
        assertBalanced();
    }

    /** A file of one page. */
    private final class OnePageFile implements PageSlots {
        long slot;
        int expected;

        @Override
        public boolean replace(
                final Task who, final long index, final long oldPfn, final long newPfn, final int expectedReferences) {
            expected = expectedReferences;
            if (index != 5 || slot != oldPfn || !PageRef.freeze(memMap.page(oldPfn), expectedReferences)) {
                return false;
            }
            PageRef.get(memMap.page(newPfn), 1);
            slot = newPfn;
            PageRef.unfreeze(memMap.page(oldPfn), expectedReferences - 1);
            return true;
        }
    }

    private long filePage(final OnePageFile file, final MappedSpace mapping, final long fileOwner) {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        file.slot = pfn;
        PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET, fileOwner);
        PageDescriptor.coldLong(memMap.cold(pfn), INDEX_OFFSET, 5);
        PageDescriptor.setFlags(memMap.page(pfn), PG_UPTODATE);
        mapping.map(START, pfn, READABLE);
        memory.frames().putLong(pfn, 0, 77);
        lru.add(task, pfn, false);
        lru.drainAll(task);
        return pfn;
    }

    @Test
    void shouldPutAFilesPageIntoItsSlot() {
        final OnePageFile file = new OnePageFile();
        final long fileOwner = memory.rmap().newOwner(file);
        final MappedSpace mapping = new MappedSpace(memory, fileOwner, START, 4, 5);
        memory.rmap().attach(task, fileOwner, mapping);
        final long pfn = filePage(file, mapping, fileOwner);
        isolate(pfn);
        assertEquals(1, lru.isolatedPages(true));

        assertEquals(0, run());

        assertEquals(2, file.expected, "the isolation's and the cache's");
        assertEquals(lastTarget, file.slot);
        assertEquals(Pte.of(lastTarget, READABLE & ~Pte.ACCESSED), mapping.pte(START));
        assertEquals(77, memory.frames().getLong(lastTarget, 0));
        assertEquals(3, references(lastTarget), "mapping, cache and pagevec");
        assertEquals(0, references(pfn));
        assertEquals(PG_UPTODATE, flags(lastTarget) & (PG_UPTODATE | PG_ANON | PG_SWAPBACKED | PG_DIRTY));
        assertNothingIsolated();
    }

    @Test
    void shouldExpectTheReferenceOfWhatAFileSystemKeeps() {
        final OnePageFile file = new OnePageFile();
        final long fileOwner = memory.rmap().newOwner(file);
        final MappedSpace mapping = new MappedSpace(memory, fileOwner, START, 4, 5);
        memory.rmap().attach(task, fileOwner, mapping);
        final long pfn = filePage(file, mapping, fileOwner);
        PageDescriptor.setFlags(memMap.page(pfn), PG_PRIVATE);
        isolate(pfn);

        assertEquals(1, run());

        assertEquals(3, file.expected);
        assertEquals(pfn, file.slot);
        assertEquals(pfn, Pte.pfn(mapping.pte(START)));
    }

    @Test
    void shouldMoveAPageOfTheSwapCache() {
        final SwapArea swap = memory.swap();
        final long pfn = mapped(0);
        final long slot = swap.allocateSlot();
        assertTrue(swap.addToCache(task, slot, pfn));
        isolate(pfn);

        assertEquals(0, run());

        assertEquals(PG_SWAPCACHE | PG_ANON, flags(lastTarget) & (PG_SWAPCACHE | PG_ANON));
        assertEquals(slot, PageDescriptor.coldLong(memMap.cold(lastTarget), PRIVATE_OFFSET));
        assertEquals(3, references(lastTarget), "mapping, swap cache and pagevec");
        assertEquals(lastTarget, swap.getCached(slot));
        assertEquals(1000, memory.frames().getLong(lastTarget, 8));
        assertEquals(0, references(pfn));
    }

    @Test
    void shouldMoveAHugePageWhole() {
        final long pfn = mappedHuge();
        isolate(pfn);
        assertEquals(512, lru.isolatedPages(false));

        assertEquals(0, run());

        assertEquals(Pte.ofHuge(lastTarget, (READABLE & ~Pte.ACCESSED) | Pte.RW | Pte.PSE, 2), space.pmd(START));
        for (int i = 0; i < 512; i++) {
            assertEquals(2000 + i, memory.frames().getLong(lastTarget + i, 16));
        }
        assertEquals(1, references(lastTarget), "its mapping; a huge page does not wait on the pagevec");
        assertEquals(PG_LRU, flags(lastTarget) & PG_LRU);
        assertEquals(1, count(Counter.ALLOC_ORDER_9) - 1);
        assertNothingIsolated();
        assertBalanced();
    }

    @Test
    void shouldMoveAHugePageMappedPieceByPiece() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        space.identify(pfn, START);
        for (int i = 0; i < 512; i += 2) {
            space.map(address(i), pfn + i, WRITTEN);
            memory.frames().putLong(pfn + i, 16, 3000 + i);
        }
        lru.add(task, pfn, true);
        memMap.put(task, memMap.page(pfn), 1);
        isolate(pfn);

        assertEquals(0, run());

        for (int i = 0; i < 512; i += 2) {
            assertEquals(lastTarget + i, Pte.pfn(space.pte(address(i))));
            assertEquals(3000 + i, memory.frames().getLong(lastTarget + i, 16));
        }
        assertEquals(256, references(lastTarget));
        assertBalanced();
    }

    @Test
    void shouldSplitAHugePageForWhichThereIsNoTarget() {
        final long pfn = mappedHuge();
        isolate(pfn);
        final int result = migrate.migratePages(
                task, list, (who, headPfn) -> memMap.compoundOrder(headPfn) > 0 ? -1 : target(who, headPfn));

        assertEquals(0, result);
        assertEquals(512, count(Counter.PGMIGRATE_SUCCESS));
        assertEquals(1, count(Counter.THP_SPLIT_PAGE));
        for (int i = 0; i < 512; i++) {
            final long pte = space.pte(address(i));
            assertTrue(Pte.isPresent(pte) && Pte.isWritable(pte));
            assertFalse(Pte.pfn(pte) >= pfn && Pte.pfn(pte) < pfn + 512, "moved");
            assertEquals(2000 + i, memory.frames().getLong(Pte.pfn(pte), 16));
        }
        assertNothingIsolated();
        assertBalanced();
    }

    @Test
    void shouldNotSplitAHugePageThatSomebodyHolds() {
        final long pfn = mappedHuge();
        PageRef.get(memMap.page(pfn), 1);
        final long behind = mapped(600);
        isolate(pfn);
        isolate(behind);

        assertEquals(-16, migrate.migratePages(task, list, (who, headPfn) -> -1));

        assertEquals(2, list.size());
        assertEquals(Pte.ofHuge(pfn, WRITTEN | Pte.PSE, 2), space.pmd(START));
        assertEquals(3, references(pfn));
        migrate.putbackMovablePages(task, list);
        assertNothingIsolated();
        assertBalanced();
    }

    @Test
    void shouldMoveAHugetlbPageToAFreshOne() {
        final HugetlbPool pool = memory.hugetlb();
        final long pfn = pool.allocate(task);
        space.identify(pfn, START);
        space.mapHuge(START, pfn, WRITTEN);
        memMap.put(task, memMap.page(pfn), 1);
        memory.frames().putLong(pfn + 511, 0, 99);
        pool.setActive(pfn);
        assertTrue(pool.isolate(task, pfn, list));

        assertEquals(0, migrate.migratePages(task, list, (who, headPfn) -> lastTarget = pool.allocateFresh(who)));

        assertEquals(lastTarget, Pte.hugePfn(space.pmd(START), 2));
        assertEquals(99, memory.frames().getLong(lastTarget + 511, 0));
        assertEquals(1, references(lastTarget));
        assertFalse(pool.isTemporary(lastTarget), "it has taken the pool page's place");
        assertEquals(
                PG_HUGETLB | PageDescriptor.PG_HUGE_ACTIVE,
                flags(lastTarget) & (PG_HUGETLB | PageDescriptor.PG_HUGE_ACTIVE));
        assertEquals(0, flags(pfn) & PG_HUGETLB, "and the old one went to the buddy allocator");
        assertEquals(1, pool.total());
        assertEquals(0, lru.isolatedPages(false));
        assertBalanced();
    }

    @Test
    void shouldKeepAHugetlbPageThatIsHeld() {
        final HugetlbPool pool = memory.hugetlb();
        final long pfn = pool.allocate(task);
        space.identify(pfn, START);
        space.mapHuge(START, pfn, WRITTEN);
        pool.setActive(pfn);
        assertTrue(pool.isolate(task, pfn, list));
        final long free = memory.freePages();

        assertEquals(1, migrate.migratePages(task, list, (who, headPfn) -> pool.allocateFresh(who)));

        assertEquals(pfn, Pte.hugePfn(space.pmd(START), 2));
        migrate.putbackMovablePages(task, list);
        assertEquals(free, memory.freePages(), "every target went back");
        assertEquals(2, references(pfn));
        assertBalanced();
    }

    @Test
    void shouldKeepALockedPageOffTheListsOfReclaim() {
        space.setVmFlags(VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_LOCKED);
        final long pfn = mapped(0);
        PageLock.lock(memMap.page(pfn), memory.await());
        lru.mlock(task, pfn);
        PageLock.unlock(memMap.page(pfn));
        lru.drainAll(task);
        assertEquals(1, lru.unevictablePages());
        isolate(pfn);

        assertEquals(0, run());

        lru.drainAll(task);
        assertEquals(
                PG_MLOCKED | PG_UNEVICTABLE | PG_LRU,
                flags(lastTarget) & (PG_MLOCKED | PG_UNEVICTABLE | PG_LRU | PG_ACTIVE));
        assertEquals(1, lru.unevictablePages());
        assertBalanced();
    }

    @Test
    void shouldSeeAReferenceTakenJustBeforeTheCopy() {
        final long pfn = mapped(0);
        isolate(pfn);
        atPhase = phase -> {
            if (phase == MigrationPhase.COPY && phases.size() == 3) {
                PageRef.get(memMap.page(pfn), 1);
            }
        };
        assertEquals(1, run());
        assertEquals(pfn, Pte.pfn(space.pte(address(0))));
    }

    @Test
    void shouldKnowNoPhaseWithoutAListener() {
        final Rmap rmap = memory.rmap();
        final long pfn = mapped(0);
        isolate(pfn);
        assertEquals(0, new MigratePages(memory, null).migratePages(task, list, this::target));
        assertTrue(phases.isEmpty());
        rmap.detach(task, owner, space);
    }

    /** The least of a few rounds: what the compiler makes once, when it revises its code, is not garbage per page. */
    @Test
    void shouldMovePagesWithoutGarbage() {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "no allocation counter");
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemorySupported());
        threads.setThreadAllocatedMemoryEnabled(true);
        final long thread = Thread.currentThread().getId();
        final MigratePages quiet = new MigratePages(memory, null);
        final MigrationTarget target = this::target;
        final long pinned = mapped(1);
        lastTarget = mapped(0);
        PageRef.get(memMap.page(pinned), 1);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 6 && least != 0; round++) {
            final long before = threads.getThreadAllocatedBytes(thread);
            final long overhead = threads.getThreadAllocatedBytes(thread) - before;
            final long start = threads.getThreadAllocatedBytes(thread);
            for (int i = 0; i < 5_000; i++) {
                lru.drainCpu(0, task);
                lru.isolate(pinned);
                list.add(pinned);
                lru.isolate(Pte.pfn(space.pte(START)));
                list.add(Pte.pfn(space.pte(START)));
                lru.countIsolated(false, 2);
                quiet.migratePages(task, list, target);
                quiet.putbackMovablePages(task, list);
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - start - overhead);
        }
        assertEquals(0, least, "bytes over 5000 pages moved and 5000 that stayed");
        assertEquals(0, lru.isolatedPages(false));
    }
}
