package org.gup.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class AtomicAddTest {
    @Test
    void shouldAddToEachRecordOnce() {
        final AtomicAdd benchmark = new AtomicAdd();
        final AtomicAdd.Records records = new AtomicAdd.Records();
        records.allocate();
        records.open();
        assertEquals(0, benchmark.onePerPage(records));
        assertEquals(1, benchmark.onePerPage(records));
        records.check();
        records.open();
        assertEquals(0, benchmark.onePerPage(records));
        records.check();
        records.free();
    }

    @Test
    void shouldFailWhenASweepIsMissing() {
        final AtomicAdd benchmark = new AtomicAdd();
        final AtomicAdd.Records records = new AtomicAdd.Records();
        records.allocate();
        records.open();
        benchmark.onePerPage(records);
        records.sweeps++;
        final WrongAnswerException wrong = assertThrows(WrongAnswerException.class, records::check);
        assertTrue(wrong.getMessage().contains("record 0: expected 2, found 1"), wrong::getMessage);
        records.free();
    }
}
