package org.gup.bench.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.gup.bench.agree.truth.RecordedCall;
import org.junit.jupiter.api.Test;

class ExplanationsTest {
    private static final String LINE = "2\tk52cma.*\tanon_.*\tget_user_pages LONGTERM.*\tmig_fail\t0\t[0-9]+\tbecause";
    private static final RecordedCall CALL = new RecordedCall(
            "k52cma-00001",
            "anon_pop",
            "get_user_pages",
            "LONGTERM",
            "4",
            "4",
            "4",
            "4",
            "0",
            Map.of(),
            0,
            List.of(),
            List.of());

    @Test
    void shouldExplainWhatMatchesInEveryField() {
        final Explanations explanations = Explanations.of(List.of("# a comment", "", LINE));
        assertTrue(explanations.explains(CALL, new Difference("mig_fail", "0", "4")));
        assertFalse(explanations.explains(CALL, new Difference("mig_ok", "0", "4")));
        assertFalse(explanations.explains(CALL, new Difference("mig_fail", "1", "4")));
        assertFalse(explanations.explains(CALL, new Difference("mig_fail", "0", "x")));
        assertEquals(1, explanations.used().size());
        assertEquals("because", explanations.used().get(0).reason());
    }

    @Test
    void shouldReportLinesThatAreNotNeededAsOftenAsTheySay() {
        final Explanations explanations = Explanations.of(List.of(LINE));
        assertEquals(1, explanations.miscounted().size());
        explanations.explains(CALL, new Difference("mig_fail", "0", "4"));
        assertEquals(1, explanations.miscounted().size());
        explanations.explains(CALL, new Difference("mig_fail", "0", "4"));
        assertEquals(List.of(), explanations.miscounted());
    }

    @Test
    void shouldRefuseALineOfAnotherForm() {
        assertThrows(IllegalArgumentException.class, () -> Explanations.of(List.of("1\tone field too few")));
    }

    @Test
    void shouldReadTheBundledList() {
        assertEquals(List.of(), Explanations.bundled().used());
    }
}
