package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.gup.kernel.KernelVersion;
import org.gup.shim.ShimClassLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The specification's rows, sections A to E, played on the model as v5.1, the seed state and v5.2: each cell sets its scene on
 * real modelled memory, makes its calls, and compares what the expectations name; then everything is put and closed, and the
 * books must be those of the start.
 */
class ConformanceTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final List<SpecRow> ROWS = SpecRow.load();
    private static final Expectations EXPECTATIONS = Expectations.load();
    private static final Map<String, Case> CASES = CaseTable.load();
    private static final ConformanceReport REPORT = new ConformanceReport();

    @AfterAll
    static void writeReport() throws IOException {
        REPORT.write(ROWS, EXPECTATIONS);
    }

    @TestFactory
    Stream<DynamicContainer> shouldDoWhatTheRowSays() {
        return ROWS.stream()
                .map(row -> dynamicContainer(row.id() + " " + row.setup() + " | " + row.call(), cells(row)));
    }

    private static Stream<DynamicTest> cells(final SpecRow row) {
        return Stream.of(KernelVersion.values())
                .filter(version -> isExpected(row, version))
                .map(version -> dynamicTest(
                        row.id() + " " + version.release() + ": " + row.cell(version), () -> play(row, version)));
    }

    private static boolean isExpected(final SpecRow row, final KernelVersion version) {
        final Expectations.Entry entry = EXPECTATIONS.entries().get(row.id());
        return entry != null && entry.expected().containsKey(version);
    }

    private static void play(final SpecRow row, final KernelVersion version) {
        final Expectations.Entry entry = EXPECTATIONS.entries().get(row.id());
        final String known = entry.known().get(version);
        try {
            assertTimeoutPreemptively(LIMIT, () -> playOnce(row, version, entry));
        } catch (final Throwable failed) {
            if (known == null) {
                REPORT.failed(row, version, failed);
                throw failed;
            }
            REPORT.known(version);
            return;
        }
        assertTrue(known == null, "passes now, so it is no longer known to fail: " + known);
        REPORT.passed(version);
    }

    private static void playOnce(final SpecRow row, final KernelVersion version, final Expectations.Entry entry)
            throws Exception {
        final Case played = CASES.get(row.id());
        assertNotNull(played, "no case");
        final Map<String, String> seen =
                played.interposed() ? playInterposed(row.id(), version.name()) : Played.play(row.id(), version.name());
        compare(entry.expected().get(version), seen);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> playInterposed(final String id, final String version) throws Exception {
        final Method twin = Class.forName(Played.class.getName(), true, ShimClassLoader.instance())
                .getDeclaredMethod("play", String.class, String.class);
        twin.setAccessible(true);
        try {
            return (Map<String, String>) twin.invoke(null, id, version);
        } catch (final InvocationTargetException thrown) {
            throw new AssertionError(String.valueOf(thrown.getCause().getMessage()), thrown.getCause());
        }
    }

    private static void compare(final Map<String, String> expected, final Map<String, String> seen) {
        final List<String> wrong = new ArrayList<>();
        expected.forEach((name, value) -> {
            if (!value.equals(seen.get(name))) {
                wrong.add(name + "=" + seen.get(name) + " instead of " + value);
            }
        });
        assertTrue(wrong.isEmpty(), () -> wrong + "; all that was seen: " + seen);
    }

    @Test
    void shouldHaveExpectationsOfTheRowsAsTheyAre() {
        final Set<String> ids = new LinkedHashSet<>();
        assertAll(ROWS.stream().map(row -> () -> {
            ids.add(row.id());
            final Expectations.Entry entry = EXPECTATIONS.entries().get(row.id());
            assertNotNull(entry, () -> "no expectations for row " + row.id() + " " + row.hash());
            assertEquals(row.hash(), entry.hash(), () -> "row " + row.id() + " has changed: look at it again");
        }));
        assertEquals(ids, EXPECTATIONS.entries().keySet(), "expectations without a row, or in another order");
    }

    @Test
    void shouldHaveCasesThatNameTheirRows() {
        assertAll(CASES.values().stream().map(played -> () -> {
            final SpecRow row = ROWS.stream()
                    .filter(each -> each.id().equals(played.id()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("case without a row: " + played.id()));
            assertEquals(row.setup(), played.setup(), () -> "setup of " + row.id());
            assertEquals(row.call(), played.call(), () -> "call of " + row.id());
        }));
    }

    @Test
    void shouldCountEveryCellThatSaysSomethingDefinite() {
        final List<String> missing = new ArrayList<>();
        final List<String> tooMany = new ArrayList<>();
        for (final SpecRow row : ROWS) {
            for (final KernelVersion version : KernelVersion.values()) {
                final boolean played = CASES.containsKey(row.id()) && isExpected(row, version);
                if (row.isCountable(version) && !played) {
                    missing.add(row.id() + " " + version.release());
                } else if (!row.isCountable(version) && played) {
                    tooMany.add(row.id() + " " + version.release());
                }
            }
        }
        assertEquals(List.of(), missing, "countable cells without a case");
        assertEquals(List.of(), tooMany, "cases for cells that say nothing");
    }
}
