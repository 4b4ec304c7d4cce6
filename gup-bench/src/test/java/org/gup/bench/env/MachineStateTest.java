package org.gup.bench.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MachineStateTest {
    private static final long UNKNOWN = -1;

    @Test
    void shouldReadLoadStolenTimeAndItsOwnTime() {
        final MachineState state = MachineState.parse(
                Optional.of("1.50 0.80 0.40 2/345 6789"),
                Optional.of("cpu  100 2 30 400 5 6 7 50 99 1"),
                Optional.of("42 (a (b) c) S 1 42 42 0 -1 4194304 900 0 3 0 11 12 13 14 20 0"));
        assertEquals(1.5, state.load1());
        assertEquals(50, state.stealTicks());
        assertEquals(100 + 2 + 30 + 6 + 7, state.busyTicks());
        assertEquals(100 + 2 + 30 + 400 + 5 + 6 + 7 + 50, state.totalTicks());
        assertEquals(11 + 12 + 13 + 14, state.ownTicks());
    }

    @Test
    void shouldNotTakeItsOwnWorkForADisturbance() {
        final MachineState before = new MachineState(9.9, 100, 5000, 100_000, 400);
        // 1000 ticks of two CPUs: 500 each. All of one CPU was ours.
        final MachineState quiet = new MachineState(9.9, 100, 5520, 101_000, 900);
        assertEquals(0.04, quiet.othersSince(before, 2), 1e-12);
        assertEquals(List.of(), quiet.disturbancesSince(before, 2));
        final MachineState busy = new MachineState(0.1, 100, 5900, 101_000, 900);
        assertEquals(List.of("others kept 0.8 of 2 CPUs busy"), busy.disturbancesSince(before, 2));
    }

    @Test
    void shouldNameStolenTime() {
        final MachineState before = new MachineState(0.5, 100, 0, 1000, 0);
        assertEquals(List.of(), new MachineState(0.5, 102, 0, 1100, 0).disturbancesSince(before, 2));
        assertEquals(
                List.of("10.0 % of the CPU time was stolen"),
                new MachineState(0.5, 110, 0, 1100, 0).disturbancesSince(before, 2));
    }

    @Test
    void shouldGoByTheLoadAverageWhereNothingElseIsKnown() {
        final MachineState before = new MachineState(0.5, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);
        final MachineState after = new MachineState(2.1, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);
        assertEquals(List.of("load average 2.1 on 2 CPUs"), after.disturbancesSince(before, 2));
        assertEquals(List.of(), after.disturbancesSince(before, 4));
    }

    @Test
    void shouldCallUnknownWhatCannotBeRead() {
        final MachineState garbled =
                MachineState.parse(Optional.of("nonsense"), Optional.of("cpu 1 2"), Optional.of("7 (x) S"));
        assertTrue(Double.isNaN(garbled.load1()));
        assertEquals(UNKNOWN, garbled.stealTicks());
        assertTrue(Double.isNaN(garbled.stealSince(garbled)));
        assertTrue(Double.isNaN(garbled.othersSince(garbled, 2)));
        assertEquals(List.of(), garbled.disturbancesSince(garbled, 2));
        assertEquals(
                UNKNOWN,
                MachineState.parse(Optional.empty(), Optional.empty(), Optional.empty())
                        .totalTicks());
    }

    @Test
    void shouldReadThisMachine() {
        final MachineState before = MachineState.now();
        final double steal = MachineState.now().stealSince(before);
        assertTrue(Double.isNaN(steal) || (steal >= 0 && steal <= 1), () -> "steal=" + steal);
    }
}
