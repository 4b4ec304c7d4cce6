package org.gup.tlb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real pages, tables and walkers; the epoch's waiting is where a test acts as the walker. */
class MmuGatherTest {
    private static final Await NEVER = tries -> {
        throw new AssertionError("waited although nobody was in the way");
    };

    private final List<Long> freed = new ArrayList<>();
    private final MemMap memMap = new MemMap(8192, (task, headPfn) -> freed.add(headPfn));
    private final TablePages tables = new TablePages(0, 64, 0, 64);
    private Await whileWaiting = NEVER;
    private final WalkerEpoch epoch = new WalkerEpoch(2, tries -> whileWaiting.pause(tries));
    private final Task unmapper = new Task(epoch.takeSlot(), 0);
    private final Task walker = new Task(epoch.takeSlot(), 1);

    @AfterEach
    void tearDown() {
        tables.close();
        memMap.close();
    }

    private MmuGather gather(final TlbSync sync) {
        return new MmuGather(unmapper, memMap, tables, epoch, sync);
    }

    private void mapped(final long pfn, final int references) {
        PageRef.init(memMap.page(pfn), references);
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepPagesAndTablesUntilTheFlush(final TlbSync sync) {
        mapped(100, 1);
        mapped(101, 2);
        final long table = tables.allocate();
        final MmuGather gather = gather(sync);
        gather.removePage(100, 1);
        gather.removePage(101, 1);
        gather.removeTable(table);
        assertEquals(1, PageRef.countVolatile(memMap.page(100)));
        assertEquals(2, PageRef.countVolatile(memMap.page(101)));
        assertEquals(1, tables.allocated());
        gather.flush();
        assertEquals(0, PageRef.countVolatile(memMap.page(100)));
        assertEquals(1, PageRef.countVolatile(memMap.page(101)), "somebody else still holds a reference");
        assertEquals(List.of(100L), freed);
        assertEquals(0, tables.allocated());
        gather.flush();
        assertEquals(List.of(100L), freed, "a second flush has nothing left to do");
    }

    @ParameterizedTest
    @EnumSource
    void shouldFreeATableOnlyAfterTheWalkThatMayReadItHasEnded(final TlbSync sync) {
        final long upper = tables.address(tables.allocate());
        final long table = tables.allocate();
        TablePages.storeRelease(tables.address(table), 0x1234067);
        TablePages.storeRelease(upper, Pte.of(table, Pte.TABLE));
        mapped(100, 1);
        final MmuGather gather = gather(sync);

        epoch.enterWalk(walker);
        final long seen = TablePages.entryAcquire(upper);
        assertEquals(Pte.of(table, Pte.TABLE), TablePages.getAndSet(upper, 0));
        gather.removePage(100, 1);
        gather.removeTable(table);
        final int[] pauses = {0};
        whileWaiting = tries -> {
            pauses[0]++;
            assertEquals(2, tables.allocated(), "freed under the walker");
            assertEquals(0x1234067, TablePages.entryAcquire(tables.child(seen)), "reused under the walker");
            assertEquals(List.of(), freed, "pages go after the wait as well");
            if (tries == 3) {
                epoch.exitWalk(walker);
            }
        };
        gather.flush();
        assertEquals(4, pauses[0]);
        assertEquals(1, tables.allocated());
        assertEquals(List.of(100L), freed);
        assertEquals(TablePages.POISON, TablePages.entryAcquire(tables.child(seen)));
    }

    @Test
    void shouldWaitForWalkersWithoutTablesOnlyIfEveryFlushWaits() {
        mapped(100, 1);
        mapped(101, 1);
        epoch.enterWalk(walker);
        final MmuGather deferring = gather(TlbSync.RCU_DEFER);
        deferring.removePage(100, 1);
        deferring.flush();
        assertEquals(List.of(100L), freed, "the walker's second look takes care of pages");

        final int[] pauses = {0};
        whileWaiting = tries -> {
            pauses[0]++;
            assertEquals(List.of(100L), freed);
            epoch.exitWalk(walker);
        };
        final MmuGather interrupting = gather(TlbSync.IPI_WAIT);
        interrupting.flush();
        assertEquals(0, pauses[0], "nothing to flush, nothing to wait for");
        interrupting.removePage(101, 1);
        interrupting.flush();
        assertEquals(1, pauses[0]);
        assertEquals(List.of(100L, 101L), freed);
    }

    @Test
    void shouldPutTheReferencesOfAHugeMappingOnItsHead() {
        memMap.prepCompound(512, 9);
        mapped(512, 512);
        final MmuGather gather = gather(TlbSync.RCU_DEFER);
        gather.removePage(512, 512);
        gather.flush();
        assertEquals(List.of(512L), freed);
        mapped(512, 3);
        gather.removePage(700, 1);
        gather.removePage(1023, 1);
        gather.flush();
        assertEquals(1, PageRef.countVolatile(memMap.page(512)), "tails count on their head");
    }

    @Test
    void shouldFlushByItselfWhenTheBatchIsFullAndFreeTablesOnlyThen() {
        final long table = tables.allocate();
        final MmuGather gather = gather(TlbSync.RCU_DEFER);
        gather.removeTable(table);
        for (int i = 0; i < 1024; i++) {
            mapped(1000 + i, 1);
            gather.removePage(1000 + i, 1);
        }
        assertEquals(0, freed.size());
        assertEquals(1, tables.allocated());
        mapped(5000, 1);
        gather.removePage(5000, 1);
        assertEquals(1024, freed.size());
        assertEquals(0, tables.allocated());
        assertEquals(1, PageRef.countVolatile(memMap.page(5000)), "the page that did not fit waits");
        gather.flush();
        assertEquals(1025, freed.size());
        for (int i = 0; i < 1024; i++) {
            assertEquals(1000 + i, freed.get(i));
        }
        assertEquals(5000, freed.get(1024));
    }

    @Test
    void shouldTakeMoreTablesThanItHasRoomForAtFirst() {
        final MmuGather gather = gather(TlbSync.RCU_DEFER);
        for (int i = 0; i < 40; i++) {
            gather.removeTable(tables.allocate());
        }
        assertEquals(40, tables.allocated());
        gather.flush();
        assertEquals(0, tables.allocated());
        assertTrue(freed.isEmpty());
    }
}
