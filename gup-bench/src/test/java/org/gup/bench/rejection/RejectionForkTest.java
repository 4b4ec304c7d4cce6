package org.gup.bench.rejection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.gup.GetUserPages;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.rejection.Refusal.Kernel;
import org.gup.bench.rejection.Refusal.Mapping;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.run.ForkArguments;
import org.gup.kernel.FsDaxCheck;
import org.gup.mm.MmStruct;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The refused calls do what their labels say; the scene checks results, pages, references and books itself. */
class RejectionForkTest {
    @Test
    void shouldMeasureEveryCall() {
        final RejectionFork.Result result = RejectionFork.measure(3, 7);
        assertEquals(3, result.rounds());
        assertEquals(Refusal.all().size(), result.rows().size());
        for (final Refusal refusal : Refusal.all()) {
            final RejectionFork.Row row = result.rows().get(refusal.id());
            assertTrue(row.nanos() > 0 && row.fastestTenth() > 0 && row.fastestTenth() <= row.nanos(), refusal.id());
            assertTrue(row.calls() >= 1 && row.calls() <= RejectionScene.MAX_CALLS, refusal.id());
            assertEquals(refusal.kernel() != Kernel.BEFORE, result.ratios().containsKey(refusal.id()), refusal.id());
        }
        assertEquals(512, result.rows().get("refuse/pte/after/0").thrownAway());
        assertEquals(512, result.rows().get("refuse/pte/after/511").thrownAway());
        assertEquals(512, result.rows().get("refuse/pmd/after/256").thrownAway());
        assertEquals(256, result.rows().get("refuse/fast/after/256").thrownAway());
        assertEquals(0, result.rows().get("refuse/pte/before/511").thrownAway());
        assertEquals(0, result.rows().get("refuse/none/after/512").thrownAway());
        assertEquals(-95, result.rows().get("refuse/pte/after/511").result());
        assertEquals(-95, result.rows().get("refuse/pte/before/0").result());
        assertEquals(511, result.rows().get("refuse/pte/before/511").result());
        assertEquals(256, result.rows().get("refuse/fast/after/256").result());
        assertEquals(-95, result.rows().get("refuse/fast/after/0").result());
        assertEquals(512, result.rows().get("refuse/none/after/512").result());
        assertTrue(result.ratios().get("refuse/pte/after/0") > 5, "512 pages against none");
    }

    @Test
    void shouldMakeARowOfEachCase() {
        final ExtraForks forks = new RejectionForks(2);
        final List<ForkRow> rows =
                forks.run(ForkArguments.forThisJdk(), 5, 1, 3, 2).rows();
        final List<CaseInfo> cases = forks.cases(1);
        assertEquals(cases.size(), rows.size());
        final Set<String> keys = new HashSet<>();
        for (int i = 0; i < rows.size(); i++) {
            assertEquals(cases.get(i).id(), rows.get(i).caseId());
            assertEquals(5, rows.get(i).order());
            assertEquals(1, rows.get(i).round());
            assertEquals("ns/call", cases.get(i).params().get("unit"));
            assertTrue(
                    keys.add(cases.get(i).key()), "a key twice: " + cases.get(i).key());
        }
        final ForkRow last = rows.stream()
                .filter(row -> row.caseId().equals("refuse/pte/after/511"))
                .findFirst()
                .orElseThrow();
        assertEquals(-95, last.counter(RejectionForks.RESULT));
        assertEquals(512, last.counter(RejectionForks.THROWN_AWAY));
        assertTrue(last.counters().get(RejectionForks.RATIO) > 0);
    }

    @ParameterizedTest
    @CsvSource({
        "PTE, AFTER, 0, 512, -95, 512",
        "PTE, AFTER, 64, 512, -95, 512",
        "PTE, BEFORE, 0, 512, -95, 0",
        "PTE, BEFORE, 64, 512, 64, 0",
        "PMD, AFTER, 511, 512, -95, 512",
        "PMD, BEFORE, 511, 512, 511, 0",
        "FAST, AFTER, 0, 512, -95, 512",
        "FAST, AFTER, 511, 512, 511, 1",
        "FAST, BEFORE, 0, 512, -95, 0",
        "FAST, BEFORE, 511, 512, 511, 0",
        "NONE, AFTER, 8, 8, 8, 0",
        "NONE, BEFORE, 8, 8, 8, 0",
    })
    void shouldExpectWhatTheModelAnswers(
            final Mapping mapping,
            final Kernel kernel,
            final int position,
            final int pages,
            final int result,
            final int thrownAway) {
        final Refusal refusal = new Refusal(mapping, kernel, position, pages);
        assertEquals(result, refusal.result());
        assertEquals(thrownAway, refusal.thrownAway());
        try (RejectionScene scene = new RejectionScene()) {
            assertTrue(scene.sample(refusal, 3) > 0);
            assertEquals(thrownAway, scene.thrownAway(refusal));
        }
    }

    /** A call that the model answers in another way than was said: nothing is measured then, and what it left is found. */
    @Test
    void shouldRefuseAWrongAnswer() {
        final RejectionScene scene = new RejectionScene();
        // Behind its first eight pages the file begins.
        final Refusal wrong = new Refusal(Mapping.NONE, Kernel.BEFORE, 8, 16);
        final String message = assertThrows(IllegalStateException.class, () -> scene.sample(wrong, 1))
                .getMessage();
        assertTrue(message.contains("refuse/none/before/8") && message.contains("expected 16, found 8"), message);
        final Refusal right = new Refusal(Mapping.NONE, Kernel.BEFORE, 8, 8);
        final String references = assertThrows(IllegalStateException.class, () -> scene.sample(right, 1))
                .getMessage();
        assertTrue(references.contains("references of page 504: expected 1, found 2"), references);
        assertThrows(IllegalStateException.class, scene::close, "eight pages are still held");
    }

    @Test
    void shouldLoadTheCallsAnewAndWhatTheyShareOnce() throws ReflectiveOperationException {
        try (PhysicalMemory memory = PhysicalMemory.builder().build()) {
            final PinLoop one = KernelCopy.of(memory, FsDaxCheck.AFTER_WALK);
            final PinLoop other = KernelCopy.of(memory, FsDaxCheck.BEFORE_WALK);
            assertNotSame(one.getClass(), other.getClass());
            assertNotSame(CopiedPinLoop.class, one.getClass());
            final ClassLoader loader = one.getClass().getClassLoader();
            for (final String name : List.of("org.gup.slow.SlowWalker", "org.gup.longterm.LongtermPinner")) {
                assertSame(loader, loader.loadClass(name).getClassLoader());
                assertNotSame(
                        loader.loadClass(name),
                        other.getClass().getClassLoader().loadClass(name));
            }
            assertNotSame(GetUserPages.class, loader.loadClass(GetUserPages.class.getName()));
            assertSame(MmStruct.class, loader.loadClass(MmStruct.class.getName()));
            assertSame(PinLoop.class, loader.loadClass(PinLoop.class.getName()));
            assertThrows(ClassNotFoundException.class, () -> loader.loadClass("org.gup.slow.NoSuchClass"));
        }
    }
}
