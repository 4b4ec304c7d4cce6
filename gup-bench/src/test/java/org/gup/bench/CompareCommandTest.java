package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Subject;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String base = "";
    private String same = "";
    private String slower = "";

    @BeforeEach
    void runs() throws IOException {
        base = new TestRuns(1, 0.005).usual(5, 1).write(temp.resolve("a")).toString();
        same = new TestRuns(2, 0.005).usual(5, 1).write(temp.resolve("b")).toString();
        slower = new TestRuns(3, 0.005).usual(5, 1.1).write(temp.resolve("c")).toString();
    }

    private int execute(final String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @Test
    void shouldCompareManyRunsWithTheFirst() {
        assertEquals(ExitStatus.DONE, execute("compare", "old=" + base, same, "new=" + slower));
        assertTrue(out.toString().contains("b against old: "), out::toString);
        assertTrue(
                out.toString().contains("new against old: 26 slower; geometric mean of 26 ratios 1."), out::toString);
        assertTrue(out.toString().contains("Family of 52 comparisons"), out::toString);
        assertEquals("", err.toString());
    }

    @Test
    void shouldEndWithTheStatusOfItsRules() throws IOException {
        assertEquals(ExitStatus.DONE, execute("compare", base, same, "--fail-on", ">5%"));
        assertEquals(ExitStatus.REGRESSION, execute("compare", base, slower, "--fail-on", "get-fast/*:p50>5%"));
        assertEquals(8, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().startsWith("gup-bench: regression: c, get-fast/"), err::toString);
        final String noisy =
                new TestRuns(5, 0.2).usual(3, 1).write(temp.resolve("n")).toString();
        assertEquals(ExitStatus.DONE, execute("compare", base, noisy, "--fail-on", ">5%"));
        assertEquals(
                ExitStatus.INCONCLUSIVE, execute("compare", base, noisy, "--fail-on", ">5%", "--fail-on-inconclusive"));
    }

    @Test
    void shouldRefuseOtherMachinesUnlessToldOtherwise() throws IOException {
        final String other = new TestRuns(2, 0.005)
                .usual(5, 1)
                .fact("cpu", "model", "Other CPU")
                .write(temp.resolve("o"))
                .toString();
        assertEquals(ExitStatus.NOT_COMPARABLE, execute("compare", base, other));
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains("CPU: Test CPU, Other CPU"), err::toString);
        assertEquals(ExitStatus.DONE, execute("compare", base, other, "--allow-different"));
        assertTrue(out.toString().contains("NOT COMPARABLE, compared all the same: CPU"), out::toString);
        final String nothing = new TestRuns(1, 0.01)
                .with(new BenchCase(Subject.PUT, Layout.BASE_PAGES, 7, "fused", "write", 0), 3, 7)
                .write(temp.resolve("e"))
                .toString();
        assertEquals(ExitStatus.NOT_COMPARABLE, execute("compare", base, nothing));
    }

    @Test
    void shouldPrintWhatProgramsRead() {
        assertEquals(ExitStatus.DONE, execute("compare", base, slower, "--format", "json"));
        assertEquals(
                26,
                JsonParser.parseString(out.toString())
                        .getAsJsonObject()
                        .get("familySize")
                        .getAsInt());
        assertEquals(ExitStatus.DONE, execute("compare", base, slower, "--format", "csv"));
        assertEquals(27, out.toString().lines().count());
        assertEquals(ExitStatus.DONE, execute("compare", base, slower, "--format", "markdown"));
        assertTrue(out.toString().contains("| case "), out::toString);
    }

    @Test
    void shouldWriteAPageThatNeedsNothingElse() throws IOException {
        final Path page = temp.resolve("page.html");
        final Path json = temp.resolve("page.json");
        assertEquals(
                ExitStatus.DONE,
                execute("compare", "old=" + base, slower, same, "--html", page.toString(), "--json", json.toString()),
                err::toString);
        assertTrue(out.toString().contains("c against old: "), "the text is printed all the same");
        assertEquals(
                52,
                JsonParser.parseString(Files.readString(json))
                        .getAsJsonObject()
                        .get("familySize")
                        .getAsInt());
        final String html = Files.readString(page);
        final String visible = html.replace("http://www.w3.org/2000/svg", "");
        assertFalse(visible.contains("http://") || visible.contains("https://") || visible.contains("src="));
        assertTrue(html.contains("<strong>26 slower; geometric mean of 26 ratios 1."), "answers first");
        assertTrue(html.indexOf("<ul class=\"answers\">") < html.indexOf("<section"), "answers first");
        final Set<String> ids = new HashSet<>(all("\\bid=\"([^\"]+)\"", html));
        assertEquals(ids.size(), all("\\bid=\"([^\"]+)\"", html).size(), "an id is used twice");
        all("href=\"#([^\"]+)\"", html).forEach(link -> assertTrue(ids.contains(link), link));
        // Each of two pairs has 26 rows, drawn for a screen and for a phone.
        assertEquals(
                2 * 2 * 26, all("class=\"mark\" data-case=\"([^\"]+)\"", html).size());
        assertTrue(html.contains("class=\"band\""), "the grey band");
        assertEquals(26, all("class=\"rawbody\" data-case=\"([^\"]+)\"", html).size());
        assertTrue(html.contains(", old</td>") && html.contains(", c</td>") && html.contains(", b</td>"), "whose rows");
        try (Stream<Path> files = Files.list(temp)) {
            assertEquals(
                    0, files.filter(file -> file.toString().contains("partial")).count(), "half-written files");
        }
    }

    private static List<String> all(final String regex, final String text) {
        return Pattern.compile(regex)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @Test
    void shouldCompareFewerCasesIfTold() {
        assertEquals(ExitStatus.DONE, execute("compare", base, slower, "--only", "get-slow/4K", "--changed"));
        assertTrue(out.toString().contains("Family of 4 comparisons"), out::toString);
        assertEquals(ExitStatus.NOT_COMPARABLE, execute("compare", base, slower, "--only", "nothing/*"));
        assertTrue(err.toString().contains("no case in common that matches [nothing/*]"), err::toString);
    }

    @Test
    void shouldAnswerWrongUsageWithOneLine() {
        for (final String[] wrong : new String[][] {
            {"compare"},
            {"compare", base},
            {"compare", base, temp.resolve("none").toString()},
            {"compare", base, same, "--fail-on", "nonsense"},
            {"compare", base, same, "--threshold", "-1"},
            {"compare", base, same, "--threshold", "NaN"},
            {"compare", base, same, "--format", "xml"},
            {"compare", base, same, "--htm", "x"},
            {"compare", base, same, "--html", temp.toString()},
            {"compare", base, same, "--json", temp.resolve("none/x.json").toString()}
        }) {
            assertEquals(ExitStatus.USAGE, execute(wrong), String.join(" ", wrong));
            assertEquals("", out.toString());
            assertEquals(1, err.toString().lines().count(), err::toString);
        }
    }
}
