package org.gup.bench.results;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.gup.bench.error.BadInputException;
import org.gup.bench.plan.BenchCase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReaderTest {
    /** A run that is committed, in the format before this one. */
    private static final Path VERSION_1 = Path.of("../results/2026-11-25-epyc-fast-vs-slow");

    @TempDir
    private Path temp;

    @Test
    void shouldReadWhatWasWritten() throws IOException {
        final TestRuns written = new TestRuns(1, 0.02).usual(3, 1);
        final Run read = RunReader.read(written.write(temp.resolve("run")));
        assertEquals(written.run("run"), read);
        assertEquals(26, read.cases().size());
        assertEquals("Test CPU", read.fact("cpu", "model"));
        assertEquals("unknown", read.fact("cpu", "no", "such"));
        assertEquals(
                BenchCase.baseline(), BenchCase.of(read.cases().get(0).info()).orElseThrow());
    }

    @Test
    void shouldReadTheFormatBefore() {
        assumeTrue(Files.isDirectory(VERSION_1), "no committed run of version 1");
        final Run read = RunReader.read(VERSION_1);
        assertEquals(32, read.cases().size());
        final CaseRows headline = read.find("get-fast/4K/512").orElseThrow();
        assertEquals(3, headline.forks().size());
        assertEquals("512", headline.info().params().get("pagesPerCall"));
        assertEquals(
                "get-fast/4K/512", BenchCase.of(headline.info()).orElseThrow().id());
        assertEquals(3, read.layouts().size());
    }

    @Test
    void shouldRefuseWhatIsNoResultsFolder() throws IOException {
        refused(temp.resolve("none"), "there is none");
        refused(temp, "cannot read rounds.json");
        Files.writeString(temp.resolve("rounds.json"), "{");
        refused(temp, "not JSON");
        Files.writeString(temp.resolve("rounds.json"), "[]");
        refused(temp, "not an object");
        Files.writeString(temp.resolve("rounds.json"), "{\"schema\": \"gup-bench-rounds/9\"}");
        refused(temp, "schema 'gup-bench-rounds/9'");
        Files.writeString(temp.resolve("rounds.json"), "{\"schema\": \"gup-bench-rounds/2\"}");
        refused(temp, "is damaged");
        refused(Files.writeString(temp.resolve("file"), "x"), "not a folder");
    }

    private static void refused(final Path folder, final String why) {
        final BadInputException refused = assertThrows(BadInputException.class, () -> RunReader.read(folder));
        assertTrue(refused.getMessage().contains(why), refused::getMessage);
    }

    @Test
    void shouldRefuseAForkOfACaseThatWasNotPlanned() {
        final Run run = new TestRuns(1, 0.02).usual(1, 1).run("run");
        assertThrows(IllegalArgumentException.class, () -> Run.rows(List.of(), run.forks()));
    }
}
