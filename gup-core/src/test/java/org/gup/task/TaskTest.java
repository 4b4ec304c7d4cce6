package org.gup.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.offheap.Together;
import org.gup.stat.StopReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TaskTest {
    private final Task task = new Task(3, 1);

    @Test
    void shouldKnowItsSlotAndCpuAndStartWithoutRestrictions() {
        assertEquals(3, task.walkerSlot());
        assertEquals(1, task.cpu());
        assertEquals(0, task.pkru());
        assertEquals(0, task.deniedPkeys(false));
        assertEquals(0, task.deniedPkeys(true));
        assertFalse(task.fatalSignalPending());
        assertSame(task.counters(), task.counters());
        assertSame(task.walkState(), task.walkState());
    }

    @Test
    void shouldDenyByTheTwoBitsOfEachKey() {
        for (int pkey = 0; pkey < 16; pkey++) {
            for (int bits = 0; bits < 4; bits++) {
                // Every other key denied: only the bits of this one may count.
                task.setPkru(~(3 << (2 * pkey)) | bits << (2 * pkey));
                final String which = "pkey=" + pkey + ", bits=" + bits;
                assertEquals((bits & 1) != 0, task.pkruDenies(pkey, false), which);
                assertEquals(bits != 0, task.pkruDenies(pkey, true), which);
                task.setPkru(bits << (2 * pkey));
                assertEquals((bits & 1) != 0, task.pkruDenies(pkey, false), which);
                assertEquals(bits != 0, task.pkruDenies(pkey, true), which);
                assertEquals((bits & 1) != 0 ? 1 << pkey : 0, task.deniedPkeys(false), which);
                assertEquals(bits != 0 ? 1 << pkey : 0, task.deniedPkeys(true), which);
            }
        }
    }

    @Test
    void shouldReadTheRegisterThatLinuxStartsAProcessWith() {
        task.setPkru(0x55555554);
        assertEquals(0xfffe, task.deniedPkeys(false));
        assertEquals(0xfffe, task.deniedPkeys(true));
        task.setPkru(0xaaaaaaa8);
        assertEquals(0, task.deniedPkeys(false));
        assertEquals(0xfffe, task.deniedPkeys(true));
        task.setPkru(0xffffffff);
        assertEquals(0xffff, task.deniedPkeys(false));
        assertEquals(0xffff, task.deniedPkeys(true));
    }

    @Test
    @Timeout(60)
    void shouldSeeASignalSentByAnotherThread() throws Exception {
        Together.run(
                () -> {
                    while (!task.fatalSignalPending()) {
                        Thread.yield();
                    }
                },
                task::sendSigkill);
        assertTrue(task.fatalSignalPending());
        task.clearSignals();
        assertFalse(task.fatalSignalPending());
    }

    @Test
    void shouldRememberWhyTheLastWalkEnded() {
        final WalkState state = task.walkState();
        assertEquals(StopReason.NONE, state.stop());
        state.stopped(StopReason.SPECIAL);
        assertEquals(StopReason.SPECIAL, state.stop());
        state.stopped(StopReason.NONE);
        assertEquals(StopReason.NONE, state.stop());
    }
}
