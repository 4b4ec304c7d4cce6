package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(final String... arguments) {
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @Test
    void shouldMakeTheFilesOfARun() throws IOException {
        final Path run = new TestRuns(1, 0.02).usual(3, 1).write(temp.resolve("run"));
        final Path into = temp.resolve("a/b");
        for (int again = 0; again < 2; again++) {
            assertEquals(ExitStatus.DONE, execute("report", run.toString(), "--into", into.toString()), err::toString);
        }
        for (final String file :
                List.of("report.html", "summary.md", "cost.svg", "curve.svg", "cases.csv", "forks.csv")) {
            assertTrue(Files.size(into.resolve(file)) > 0, file);
        }
        final List<String> forks = Files.readAllLines(into.resolve("forks.csv"));
        assertEquals(1 + 3 * 26, forks.size());
        assertTrue(forks.get(1).startsWith("gup-bench-forks/1,0,0,0,atomic-add,"), forks.get(1));
        assertTrue(Files.readString(into.resolve("cases.csv")).contains("gup-bench-cases/1,get-fast/4K/512,"));
    }

    @Test
    void shouldRefuseWhatIsNoRunWithOneLine() {
        assertEquals(ExitStatus.USAGE, execute("report", temp.toString()));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals(ExitStatus.USAGE, execute("report"));
    }
}
