package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.report.ReadmeMarkers;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's numbers are those of the reference run, and the files of that run are what its raw rows come to. */
class ReadmeTest {
    private static final Path PROJECT = Path.of("..");
    private static final Path REFERENCE = PROJECT.resolve("results").resolve("reference");

    /** Whether the reference run is kept: from then on this is true, and the README may not drift from it. */
    private static final boolean REFERENCE_IS_KEPT = true;

    private static final String COMMAND =
            "java -jar gup-bench/target/gup-bench.jar report results/reference --readme README.md";

    @TempDir
    private Path temp;

    private Path folder = Path.of("");
    private Path readme = Path.of("");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(final String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    /** What is not as the raw rows have it. */
    private static List<String> drifted(final Path folder, final Path readme) throws IOException {
        final Run run = RunReader.read(folder);
        final List<String> drifted = new ArrayList<>();
        for (final Map.Entry<String, String> file : ReportCommand.files(run).entrySet()) {
            final Path kept = folder.resolve(file.getKey());
            if (!Files.exists(kept) || !Files.readString(kept).equals(file.getValue())) {
                drifted.add(file.getKey());
            }
        }
        final String now = new String(ReportCommand.readme(readme, folder, run), StandardCharsets.UTF_8);
        if (!now.equals(Files.readString(readme))) {
            drifted.add(String.valueOf(readme.getFileName()));
        }
        return drifted;
    }

    @Test
    void shouldNotHaveDriftedFromTheReferenceRun() throws IOException {
        assertEquals(
                REFERENCE_IS_KEPT,
                Files.isDirectory(REFERENCE),
                "results/reference: REFERENCE_IS_KEPT must say whether it is there");
        if (REFERENCE_IS_KEPT) {
            assertEquals(
                    List.of(),
                    drifted(REFERENCE, PROJECT.resolve("README.md")),
                    "drifted from the raw rows of results/reference; make them again: " + COMMAND);
        }
    }

    @BeforeEach
    void copyARun() throws IOException {
        folder = Files.createDirectories(temp.resolve("results/kept"));
        try (Stream<Path> files = Files.list(PROJECT.resolve("results/2026-11-25-epyc-three-questions"))) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        readme = Files.writeString(
                temp.resolve("README.md"), "# x\n\n" + ReadmeMarkers.BEGIN + "\n" + ReadmeMarkers.END + "\n\nMore.\n");
    }

    @Test
    void shouldMakeTheReadmeFromARun() throws IOException {
        assertEquals(
                ExitStatus.DONE, execute("report", folder.toString(), "--readme", readme.toString()), err::toString);
        final String text = Files.readString(readme);
        assertTrue(text.startsWith("# x\n\n" + ReadmeMarkers.BEGIN + "\n\nFrom [`results/kept`](results/kept/"), text);
        assertTrue(text.endsWith("\n\n" + ReadmeMarkers.END + "\n\nMore.\n"), text);
        Stream.of(text.split("\\]\\("))
                .skip(1)
                .map(link -> link.substring(0, link.indexOf(')')))
                .forEach(link -> assertTrue(Files.exists(temp.resolve(link)), link));
        assertEquals(List.of(), drifted(folder, readme));
        assertEquals(folder.resolve("report.html") + "\n" + readme + "\n", out.toString());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(
                    0, left.filter(file -> file.toString().contains("partial")).count(), "half-written files");
        }
    }

    @Test
    void shouldSeeWhateverDrifts() throws IOException {
        execute("report", folder.toString(), "--readme", readme.toString(), "--quiet");
        assertEquals("", out.toString());
        Files.writeString(readme, Files.readString(readme).replace("4.20 [4.11, 4.29]", "4.2 [4.1, 4.3]"));
        assertEquals(List.of("README.md"), drifted(folder, readme));
        Files.writeString(folder.resolve("check.svg"), "<svg/>");
        Files.delete(folder.resolve("cases.csv"));
        assertEquals(List.of("check.svg", "cases.csv", "README.md"), drifted(folder, readme));
        execute("report", folder.toString(), "--readme", readme.toString());
        assertEquals(List.of(), drifted(folder, readme));
        final Path rounds = folder.resolve("rounds.json");
        Files.writeString(rounds, Files.readString(rounds).replace("\"seed\": ", "\"seed\": 1"));
        assertEquals(List.of("summary.md", "report.html"), drifted(folder, readme), "raw rows");
    }

    @Test
    void shouldWriteNothingWhereItCannotWriteAll() throws IOException {
        final String before = Files.readString(folder.resolve("summary.md"));
        Files.writeString(readme, "no markers");
        for (final String[] wrong : new String[][] {
            {"report", folder.toString(), "--readme", readme.toString()},
            {"report", folder.toString(), "--readme", temp.resolve("none.md").toString()},
            {"report", folder.toString(), "--readme", readme.toString(), "--into", temp.toString()}
        }) {
            assertEquals(ExitStatus.USAGE, execute(wrong));
            assertEquals(1, err.toString().lines().count(), err::toString);
            assertEquals("", out.toString());
        }
        assertEquals("no markers", Files.readString(readme));
        assertEquals(before, Files.readString(folder.resolve("summary.md")));
    }
}
