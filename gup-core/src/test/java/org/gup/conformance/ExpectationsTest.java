package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.gup.kernel.KernelVersion;
import org.junit.jupiter.api.Test;

/** The grammar of the file of expectations. */
class ExpectationsTest {
    @Test
    void shouldReadValuesOfEachVersion() {
        final Expectations.Entry entry = Expectations.parse(List.of(
                        "# a comment",
                        "X01 0123456789ab",
                        "  v5.1: result=1 refs=1",
                        "  seed v5.2: result=-EINVAL",
                        "  v5.2: warnings=1",
                        "  note: the kernel wins: see there"))
                .entries()
                .get("X01");
        assertEquals("0123456789ab", entry.hash());
        assertEquals(Map.of("result", "1", "refs", "1"), entry.expected().get(KernelVersion.V5_1));
        assertEquals(Map.of("result", "-EINVAL"), entry.expected().get(KernelVersion.SEED));
        assertEquals(
                Map.of("result", "-EINVAL", "warnings", "1"), entry.expected().get(KernelVersion.V5_2));
        assertEquals(List.of("the kernel wins: see there"), entry.notes());
    }

    @Test
    void shouldReadArgumentsOfWhatIsKnownToFail() {
        final Expectations.Entry entry = Expectations.parse(
                        List.of("X01 0123456789ab", "  all: result=1", "  known v5.2: the row forgets the zero page"))
                .entries()
                .get("X01");
        assertEquals(Map.of(KernelVersion.V5_2, "the row forgets the zero page"), entry.known());
        assertTrue(entry.expected().containsKey(KernelVersion.V5_2));
    }

    @Test
    void shouldRefuseWhatItDoesNotUnderstand() {
        for (final List<String> wrong : List.of(
                List.of("  all: result=1"),
                List.of("X01 0123456789ab", "  all result=1"),
                List.of("X01 0123456789ab", "  v6.19: result=1"),
                List.of("X01 0123456789ab", "  all: result=1", "  v5.1: result=2"),
                List.of("X01 0123456789ab", "X01 0123456789ab"))) {
            assertThrows(IllegalStateException.class, () -> Expectations.parse(wrong), wrong::toString);
        }
    }
}
