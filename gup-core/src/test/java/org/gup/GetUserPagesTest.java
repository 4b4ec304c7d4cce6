package org.gup;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.EBUSY;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.EINVAL;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.Errno.ERESTARTSYS;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_GET;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_MLOCK;
import static org.gup.flags.FollFlags.FOLL_POPULATE;
import static org.gup.flags.FollFlags.FOLL_SPLIT;
import static org.gup.flags.FollFlags.FOLL_TOUCH;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.fast.LeafGuard;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.mm.VmArea;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What callers see, for anonymous memory. Row ids are those of the conformance table. */
class GetUserPagesTest {
    private final TestMachine machine = TestMachine.small();
    private final long[] pages = new long[1024];

    @AfterEach
    void closeMachine() {
        machine.task.clearSignals();
        machine.close();
    }

    private int fast(final long start, final int nrPages, final int flags) {
        return machine.gup.getUserPagesFast(machine.task, machine.mm, start, nrPages, flags, pages);
    }

    private void put(final long nrPages) {
        machine.gup.putPages(machine.task, pages, (int) nrPages);
    }

    private long count(final Counter counter) {
        return machine.task.counters().get(counter);
    }

    @Test
    void shouldReturnZeroForNoPages() { // A01, A02
        assertEquals(0, machine.getUserPages(BASE, 0, 0, pages));
        assertEquals(0, fast(BASE, 0, 0));
        assertEquals(0, fast(BASE, -1, FOLL_WRITE));
        assertEquals(0, machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, 0, false, pages));
    }

    @Test
    void shouldFaultInWithoutReferencesWhenThereIsNoArray() { // A07
        machine.map(BASE, 4, RW);
        final long faults = count(Counter.GUP_MINFLT);
        machine.mm.mmapReadLock(machine.task);
        assertEquals(4, machine.gup.getUserPages(machine.task, machine.mm, BASE, 4, FOLL_WRITE, null, null));
        machine.mm.mmapReadUnlock(machine.task);
        machine.memory.lruvec().drainAll(machine.task);
        assertEquals(4, count(Counter.GUP_MINFLT) - faults);
        assertEquals(1, machine.refcount(Pte.pfn(machine.entry(BASE, 1))));
    }

    @Test
    void shouldRefuseLongtermBeforeAnythingElseAndWarnOncePerCall() { // A08 to A12, A34
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final int[] locked = {1};
        final long warned = count(Counter.WARNINGS);
        machine.mm.mmapReadLock(machine.task);
        for (int again = 0; again < 2; again++) {
            assertEquals(
                    -EINVAL,
                    machine.gup.getUserPagesLocked(machine.task, machine.mm, BASE, 1, FOLL_LONGTERM, pages, locked));
            assertEquals(1, locked[0]);
            assertTrue(machine.mm.isMmapLocked());
            assertEquals(
                    -EINVAL,
                    machine.gup.getUserPagesRemote(
                            machine.task, machine.mm, BASE, 1, FOLL_LONGTERM, pages, null, null));
        }
        assertEquals(
                -EINVAL,
                machine.gup.getUserPagesLocked(machine.task, machine.mm, BASE, 0, FOLL_LONGTERM, pages, locked));
        assertEquals(
                -EINVAL,
                machine.gup.getUserPagesRemote(
                        machine.task, machine.mm, BASE, 1, FOLL_LONGTERM, pages, new VmArea[1], new int[] {0}));
        machine.mm.mmapReadUnlock(machine.task);
        for (int again = 0; again < 2; again++) {
            assertEquals(
                    -EINVAL,
                    machine.gup.getUserPagesUnlocked(
                            machine.task, machine.mm, BASE, 1, pages, FOLL_LONGTERM | FOLL_WRITE));
        }
        assertEquals(3, machine.gup.warnings().size());
        assertEquals(3, count(Counter.WARNINGS) - warned);
        machine.gup.resetWarnings();
        assertEquals(0, machine.gup.warnings().size());
        assertEquals(
                -EINVAL, machine.gup.getUserPagesUnlocked(machine.task, machine.mm, BASE, 1, pages, FOLL_LONGTERM));
        assertEquals(1, machine.gup.warnings().size());
    }

    @Test
    void shouldTakeLongtermInTheTwoCallsThatKnowIt() { // A13
        machine.map(BASE, 2, RW);
        machine.populate(BASE, 1);
        assertEquals(1, machine.getUserPages(BASE, 1, FOLL_LONGTERM, pages));
        put(1);
        assertEquals(2, fast(BASE, 2, FOLL_LONGTERM | FOLL_WRITE));
        assertEquals(0, machine.gup.warnings().size());
        put(2);
    }

    @Test
    void shouldNotMarkAccessedInTheSlowLegOfAFastLongtermCall() { // C38
        machine.map(BASE, 1, PROT_READ);
        assertEquals(1, machine.getUserPages(BASE, 1, FOLL_WRITE | FOLL_FORCE, pages));
        final long page = machine.memory.memMap().page(pages[0]);
        put(1);
        PageDescriptor.clearFlags(page, PageDescriptor.PG_REFERENCED | PageDescriptor.PG_ACTIVE);
        assertEquals(1, fast(BASE, 1, FOLL_WRITE | FOLL_FORCE | FOLL_LONGTERM));
        assertEquals(0, PageDescriptor.flagsVolatile(page) & PageDescriptor.PG_REFERENCED);
        put(1);
        assertEquals(1, fast(BASE, 1, FOLL_WRITE | FOLL_FORCE));
        assertNotEquals(0, PageDescriptor.flagsVolatile(page) & PageDescriptor.PG_REFERENCED);
        put(1);
    }

    @Test
    void shouldBreakCopyOnWriteInTheSlowLegWhenForced() { // A15
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        assertEquals(0, machine.mm.mprotect(machine.task, BASE, PAGE, PROT_READ));
        final long before = Pte.pfn(machine.entry(BASE, 1));
        assertEquals(-EFAULT, fast(BASE, 1, FOLL_WRITE));
        assertEquals(1, fast(BASE, 1, FOLL_WRITE | FOLL_FORCE));
        assertEquals(StopReason.READ_ONLY, GetUserPages.lastStop(machine.task));
        assertEquals(before, pages[0], "sole owner: the page is used where it is");
        assertFalse(Pte.isWritable(machine.entry(BASE, 1)));
        put(1);
    }

    @Test
    void shouldIgnoreTouchInTheFastWalk() { // A16
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final long slowCalls = count(Counter.SLOW_CALLS);
        assertEquals(1, fast(BASE, 1, FOLL_TOUCH));
        assertEquals(slowCalls, count(Counter.SLOW_CALLS));
        put(1);
    }

    @Test
    void shouldRefuseRangesOutsideUserSpace() { // A18 to A20
        final long lastPage = PageTableGeometry.FOUR_LEVEL.taskSize() - PAGE;
        machine.map(lastPage, 1, RW);
        machine.populate(lastPage, 1);
        assertEquals(-EFAULT, fast(-PAGE, 2, 0));
        assertEquals(-EFAULT, fast(lastPage, 2, 0));
        assertEquals(1, machine.refcount(Pte.pfn(machine.entry(lastPage, 1))));
        assertEquals(0, machine.gup.getUserPagesFastOnly(machine.task, machine.mm, lastPage, 2, false, pages));
        assertEquals(1, machine.getUserPages(lastPage, 2, 0, pages));
        put(1);
        assertEquals(1, fast(lastPage, 1, 0));
        put(1);
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller may do all the same
    void shouldTakeNothingWithoutAnArrayInTheFastCall() { // A06
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final long[] none = null;
        assertThrows(
                IllegalArgumentException.class,
                () -> machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 1, FOLL_LONGTERM, none));
        assertThrows(
                IllegalArgumentException.class,
                () -> machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, 1, false, none));
        assertEquals(1, fast(BASE, 1, 0));
        assertEquals(2, machine.refcount(pages[0]), "only this pin and the mapping");
        machine.gup.putPage(machine.task, pages[0]);
    }

    @Test
    void shouldThrowWhereTheKernelHasABug() { // A26, A27, A29
        machine.map(BASE, 1, RW);
        machine.mm.mmapReadLock(machine.task);
        assertThrows(
                IllegalArgumentException.class,
                () -> machine.gup.getUserPagesLocked(machine.task, machine.mm, BASE, 1, 0, pages, new int[] {0}));
        assertThrows(
                IllegalArgumentException.class,
                () -> machine.gup.getUserPagesRemote(
                        machine.task, machine.mm, BASE, 1, 0, pages, new VmArea[1], new int[] {1}));
        assertThrows(
                IllegalArgumentException.class,
                () -> machine.gup.getUserPages(machine.task, machine.mm, BASE, 1, FOLL_GET, null, null));
        assertThrows(
                IllegalArgumentException.class,
                () -> machine.gup.getUserPages(machine.task, machine.mm, BASE, -1, 0, pages, null));
        machine.mm.mmapReadUnlock(machine.task);
        final IllegalArgumentException shortArray = assertThrows(
                IllegalArgumentException.class,
                () -> machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 8, 0, new long[7]));
        assertEquals("nrPages exceeds pages.length: nrPages=8, length=7", shortArray.getMessage());
        final IllegalStateException unheld = assertThrows(
                IllegalStateException.class,
                () -> machine.gup.getUserPages(machine.task, machine.mm, BASE, 1, 0, pages, null));
        assertEquals("mmap_sem must be held", unheld.getMessage());
        assertThrows(IllegalArgumentException.class, () -> machine.gup.putPage(machine.task, 1L << 40));
        assertThrows(IllegalArgumentException.class, () -> machine.gup.putPage(machine.task, -1));
        assertThrows(IllegalArgumentException.class, () -> machine.gup.putPages(machine.task, pages, 1, 0));
    }

    @Test
    void shouldLookAtSignalsInTheSlowPathOnly() { // A30 to A32
        machine.map(BASE, 4, RW);
        machine.populate(BASE, 2);
        machine.task.sendSigkill();
        assertEquals(-ERESTARTSYS, machine.gup.getUserPagesUnlocked(machine.task, machine.mm, BASE, 1, pages, 0));
        assertEquals(2, fast(BASE, 2, FOLL_WRITE));
        put(2);
        assertEquals(2, fast(BASE, 4, FOLL_WRITE));
        put(2);
    }

    @Test
    void shouldHideTheErrorBehindThePagesBeforeIt() { // B01, B03 to B05
        machine.map(BASE, 3, RW);
        assertEquals(3, fast(BASE, 8, FOLL_WRITE), "untouched: all from the slow leg");
        put(3);
        machine.populate(BASE, 3);
        assertEquals(3, fast(BASE, 8, 0));
        put(3);
        assertEquals(-EFAULT, fast(BASE - PAGE, 4, 0), "hole first");
        assertEquals(-EFAULT, fast(BASE + 3 * PAGE, 1, 0));
        assertEquals(-EFAULT, machine.getUserPages(BASE + 3 * PAGE, 1, 0, pages));
        assertEquals(-EFAULT, machine.gup.getUserPagesUnlocked(machine.task, machine.mm, BASE + 3 * PAGE, 1, pages, 0));
    }

    @Test
    void shouldGrowAStack() { // B06
        final long top = BASE + 64 * PAGE;
        assertEquals(
                top - PAGE,
                machine.mm.mmap(
                        machine.task,
                        top - PAGE,
                        PAGE,
                        RW,
                        Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED | Mman.MAP_GROWSDOWN));
        assertEquals(1, machine.getUserPages(top - 4 * PAGE, 1, FOLL_WRITE, pages));
        put(1);
        assertEquals(top - 4 * PAGE, machine.mm.vmAreas().get(0).start());
    }

    @Test
    void shouldReportTheMappingOfEachPage() { // B07
        machine.map(BASE, 2, RW);
        machine.map(BASE + 2 * PAGE, 2, PROT_READ);
        final VmArea[] vmas = new VmArea[4];
        machine.mm.mmapReadLock(machine.task);
        assertEquals(4, machine.gup.getUserPages(machine.task, machine.mm, BASE, 4, 0, pages, vmas));
        machine.mm.mmapReadUnlock(machine.task);
        assertEquals(vmas[0], vmas[1]);
        assertEquals(vmas[2], vmas[3]);
        assertNotEquals(vmas[0], vmas[2]);
        put(4);
    }

    @Test
    void shouldRefuseProtNoneUnlessForced() { // B12, B13
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final long pfn = Pte.pfn(machine.entry(BASE, 1));
        assertEquals(0, machine.mm.mprotect(machine.task, BASE, PAGE, PROT_NONE));
        assertEquals(-EFAULT, fast(BASE, 1, 0));
        assertEquals(StopReason.PROTNONE, GetUserPages.lastStop(machine.task));
        assertEquals(1, machine.getUserPages(BASE, 1, FOLL_FORCE, pages));
        assertEquals(pfn, pages[0]);
        assertTrue(Pte.isProtnone(machine.entry(BASE, 1)));
        put(1);
    }

    @Test
    void shouldReadWriteOnlyMemoryThroughTheFastWalkAlone() { // trap 6
        machine.map(BASE, 1, PROT_WRITE);
        machine.map(BASE + PAGE, 1, PROT_EXEC);
        machine.populate(BASE, 1);
        assertEquals(-EFAULT, machine.getUserPages(BASE, 1, 0, pages));
        assertEquals(1, fast(BASE, 1, 0));
        put(1);
        assertEquals(-EFAULT, fast(BASE + PAGE, 1, 0), "never touched");
    }

    @Test
    void shouldHonourProtectionKeysUnlessRemote() {
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        assertEquals(0, machine.mm.pkeyMprotect(machine.task, BASE, PAGE, RW, 3));
        UserAccess.store(
                machine.task, machine.mm, BASE, 1); // writable again: mprotect leaves private entries read-only
        machine.task.setPkru(0b10 << 6);
        assertEquals(1, fast(BASE, 1, 0), "key 3 forbids writing only");
        put(1);
        assertEquals(-EFAULT, fast(BASE, 1, FOLL_WRITE));
        assertEquals(StopReason.PKEY, GetUserPages.lastStop(machine.task));
        machine.task.setPkru(0b01 << 6);
        assertEquals(-EFAULT, fast(BASE, 1, 0));
        machine.mm.mmapReadLock(machine.task);
        assertEquals(
                1, machine.gup.getUserPagesRemote(machine.task, machine.mm, BASE, 1, FOLL_WRITE, pages, null, null));
        machine.mm.mmapReadUnlock(machine.task);
        machine.task.setPkru(0);
        put(1);
    }

    @Test
    void shouldTakeOneReferencePerPageFast() { // C01, C02
        machine.map(BASE, 512, RW);
        machine.populate(BASE, 512);
        assertEquals(512, fast(BASE, 512, FOLL_WRITE));
        assertEquals(StopReason.NONE, GetUserPages.lastStop(machine.task));
        for (int i = 0; i < 512; i++) {
            assertEquals(Pte.pfn(machine.entry(BASE + i * PAGE, 1)), pages[i]);
            assertEquals(2, machine.refcount(pages[i]));
            assertNotEquals(
                    0,
                    PageDescriptor.flagsVolatile(machine.memory.memMap().page(pages[i]))
                            & PageDescriptor.PG_REFERENCED);
            assertEquals(BASE + i * PAGE, machine.memory.frames().getLong(pages[i], 0));
        }
        put(512);
        assertEquals(1, machine.refcount(pages[17]));
    }

    @Test
    void shouldReturnTheZeroPageThroughTheSlowPathEachTime() { // C03, trap 7
        machine.map(BASE, 2, RW);
        final int before = machine.refcount(machine.memory.zeroPfn());
        assertEquals(2, fast(BASE, 2, 0));
        assertArrayEquals(
                new long[] {machine.memory.zeroPfn(), machine.memory.zeroPfn()}, new long[] {pages[0], pages[1]});
        assertEquals(before + 2, machine.refcount(machine.memory.zeroPfn()));
        assertEquals(0, machine.gup.getUserPagesFastOnly(machine.task, machine.mm, BASE, 2, false, pages));
        assertEquals(StopReason.SPECIAL, GetUserPages.lastStop(machine.task));
        pages[0] = machine.memory.zeroPfn();
        pages[1] = machine.memory.zeroPfn();
        put(2);
        assertEquals(1, fast(BASE, 1, FOLL_WRITE), "a write replaces it");
        assertNotEquals(machine.memory.zeroPfn(), pages[0]);
        assertEquals(0, machine.memory.frames().getLong(pages[0], 0));
        put(1);
    }

    @Test
    void shouldReuseAPageInPlaceWhateverHoldsIt() { // C26
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        assertEquals(1, fast(BASE, 1, 0));
        assertEquals(0, machine.mm.mprotect(machine.task, BASE, PAGE, PROT_READ));
        assertEquals(0, machine.mm.mprotect(machine.task, BASE, PAGE, RW));
        UserAccess.store(machine.task, machine.mm, BASE, 42);
        assertEquals(pages[0], Pte.pfn(machine.entry(BASE, 1)));
        assertEquals(42, machine.memory.frames().getLong(pages[0], 0));
        put(1);
    }

    @Test
    void shouldGiveTheNewPageAfterRemapping() { // B35
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        assertEquals(1, fast(BASE, 1, 0));
        final long old = pages[0];
        assertEquals(0, machine.mm.munmap(machine.task, BASE, PAGE));
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final long[] again = new long[1];
        assertEquals(1, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 1, 0, again));
        assertNotEquals(old, again[0]);
        assertEquals(1, machine.refcount(old), "unmapped, and still ours");
        assertEquals(BASE, machine.memory.frames().getLong(old, 0));
        machine.gup.putPages(machine.task, again, 1);
        put(1);
    }

    @Test
    void shouldRefuseToDumpHoles() {
        machine.map(BASE, 2, RW);
        assertEquals(-EFAULT, machine.getUserPages(BASE, 1, FOLL_DUMP, pages));
        UserAccess.load(machine.task, machine.mm, BASE);
        assertEquals(-EFAULT, machine.getUserPages(BASE, 1, FOLL_DUMP, pages), "the zero page");
    }

    @Test
    void shouldSkipAbsentPagesWhenOnlyLocking() {
        machine.map(BASE, 2, RW);
        machine.mm.mmapReadLock(machine.task);
        assertEquals(2, machine.gup.getUserPages(machine.task, machine.mm, BASE, 2, FOLL_MLOCK, null, null));
        assertEquals(
                2,
                machine.gup.getUserPages(
                        machine.task, machine.mm, BASE, 2, FOLL_MLOCK | FOLL_POPULATE | FOLL_WRITE, null, null));
        machine.mm.mmapReadUnlock(machine.task);
        assertTrue(Pte.isPresent(machine.entry(BASE + PAGE, 1)));
    }

    @Test
    void shouldTakeAllReferencesOfAHugePageAtOnce() {
        machine.mapHuge(BASE, 1024, RW);
        machine.populate(BASE, 1024);
        assertTrue(Pte.isHuge(machine.entry(BASE, 2)));
        assertEquals(1000, fast(BASE + 3 * PAGE, 1000, FOLL_WRITE));
        for (int i = 0; i < 1000; i++) {
            final long address = BASE + (3 + i) * PAGE;
            assertEquals(address, machine.memory.frames().getLong(pages[i], 0));
        }
        assertEquals(1 + 509, machine.refcount(pages[0]));
        assertEquals(1 + 491, machine.refcount(pages[999]));
        final long[] slow = new long[1000];
        assertEquals(1000, machine.getUserPages(BASE + 3 * PAGE, 1000, FOLL_WRITE, slow));
        assertEquals(pages[512], slow[512]);
        machine.gup.putPages(machine.task, slow, 1000);
        put(1000);
        assertEquals(1, machine.refcount(pages[0]));
    }

    @Test
    void shouldCountAHugePageAsMappedWhenPopulating() {
        machine.mapHuge(BASE, 1024, RW);
        machine.mm.mmapReadLock(machine.task);
        final long faults = count(Counter.GUP_MINFLT);
        assertEquals(
                1021,
                machine.gup.getUserPages(machine.task, machine.mm, BASE + 3 * PAGE, 1021, FOLL_WRITE, null, null));
        machine.mm.mmapReadUnlock(machine.task);
        assertEquals(2, count(Counter.GUP_MINFLT) - faults);
    }

    @Test
    void shouldTakeReferencesOnTheHugeZeroPageFast() {
        machine.mapHuge(BASE, 512, RW);
        assertEquals(0, UserAccess.load(machine.task, machine.mm, BASE));
        final long slowCalls = count(Counter.SLOW_CALLS);
        assertEquals(8, fast(BASE, 8, 0));
        assertEquals(slowCalls, count(Counter.SLOW_CALLS), "v5.2: not special");
        put(8);
        assertEquals(-EFAULT, machine.getUserPages(BASE, 1, FOLL_DUMP, pages));
    }

    @Test
    void shouldSplitAHugePageNobodyElseHolds() {
        machine.mapHuge(BASE, 512, RW);
        machine.populate(BASE, 512);
        assertEquals(1, fast(BASE + 9 * PAGE, 1, FOLL_WRITE));
        final long held = pages[0];
        assertEquals(-EBUSY, machine.getUserPages(BASE + 9 * PAGE, 1, FOLL_SPLIT, pages));
        assertEquals(2, machine.refcount(held), "still one page, mapped as a whole");
        machine.gup.putPage(machine.task, held);
        assertEquals(0, machine.mm.munmap(machine.task, BASE + 100 * PAGE, 12 * PAGE));
        assertEquals(2, machine.getUserPages(BASE + 8 * PAGE, 2, FOLL_SPLIT | FOLL_WRITE, pages));
        assertEquals(held, pages[1]);
        machine.memory.lruvec().drainAll(machine.task);
        assertEquals(2, machine.refcount(held));
        assertEquals(0, machine.memory.memMap().compoundOrder(held - 9));
        assertEquals(1, machine.refcount(held - 9), "the head is a page like any other");
        assertEquals(0, machine.refcount(held + 91), "unmapped before: free");
        assertEquals(BASE + 9 * PAGE, machine.memory.frames().getLong(held, 0));
        put(2);
        assertEquals(1, count(Counter.THP_SPLIT_PAGE));
    }

    @Test
    void shouldStopAtOverflownCounts() {
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        final long pfn = Pte.pfn(machine.entry(BASE, 1));
        final long page = machine.memory.memMap().page(pfn);
        PageRef.init(page, Integer.MIN_VALUE + 5);
        assertEquals(-ENOMEM, fast(BASE, 1, 0));
        assertEquals(StopReason.REFCOUNT_OVERFLOW, GetUserPages.lastStop(machine.task));
        PageRef.init(page, 1);
    }

    @Test
    void shouldFailWithoutMemory() {
        try (PhysicalMemory tiny =
                PhysicalMemory.builder().normalPages(1024).tablePages(64).build()) {
            final var task = tiny.newTask(0);
            final MmStruct mm = new MmStruct(tiny, PageTableGeometry.FOUR_LEVEL);
            final GetUserPages gup = new GetUserPages(tiny, LeafGuard.checkByCheck());
            mm.mmap(task, BASE, 2048 * PAGE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED);
            final long[] many = new long[2048];
            final int got = gup.getUserPagesFast(task, mm, BASE, 2048, FOLL_WRITE, many);
            assertTrue(got > 900 && got <= 1024, "got=" + got);
            assertEquals(-ENOMEM, gup.getUserPagesFast(task, mm, BASE + got * PAGE, 1, FOLL_WRITE, many), "next page");
            gup.putPages(task, many, got);
            mm.close();
        }
    }

    @Test
    void shouldRefuseEverythingAfterClose() {
        final TestMachine other = TestMachine.small();
        other.map(BASE, 1, RW);
        other.populate(BASE, 1);
        final GetUserPages gup = other.gup;
        assertThrows(
                IllegalArgumentException.class,
                () -> gup.getUserPagesFast(other.task, machine.mm, BASE, 1, 0, pages),
                "another memory's address space");
        other.mm.close();
        assertThrows(IllegalStateException.class, () -> gup.getUserPagesFast(other.task, other.mm, BASE, 1, 0, pages));
        assertThrows(
                IllegalStateException.class, () -> gup.getUserPagesUnlocked(other.task, other.mm, BASE, 1, pages, 0));
        other.memory.close();
        assertThrows(IllegalStateException.class, () -> gup.getUserPagesFast(other.task, other.mm, BASE, 1, 0, pages));
        assertThrows(
                IllegalStateException.class,
                () -> gup.getUserPagesFastOnly(other.task, other.mm, BASE, 1, false, pages));
        assertThrows(
                IllegalStateException.class, () -> gup.getUserPagesUnlocked(other.task, other.mm, BASE, 1, pages, 0));
        assertThrows(
                IllegalStateException.class, () -> gup.getUserPages(other.task, other.mm, BASE, 1, 0, pages, null));
        assertThrows(IllegalStateException.class, () -> gup.putPage(other.task, 2000));
        assertThrows(IllegalStateException.class, () -> gup.getPages(other.task, pages, 1, 1));
    }
}
