package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ReportPageTest {
    private static final Run RUN = new TestRuns(1, 0.02)
            .disturbed()
            .usual(3, 1)
            .fact("cpu", "model", "<CPU> & co")
            .run("run");

    @TempDir
    private Path temp;

    private static List<String> all(final String regex, final String text) {
        final List<String> found = new ArrayList<>();
        final Matcher matcher = Pattern.compile(regex).matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    @Test
    void shouldNeedNothingElse() {
        final String html = new ReportPage(RUN).html();
        final String visible = html.replace("http://www.w3.org/2000/svg", "");
        assertFalse(visible.contains("http://") || visible.contains("https://"), "a page that needs the network");
        assertFalse(visible.contains("<link") || visible.contains("src="), "a page that needs other files");
        assertTrue(html.contains("&lt;CPU&gt; &amp; co"), "not escaped");
        assertTrue(html.contains("prefers-color-scheme:dark"));
        assertTrue(html.length() < 1_000_000, () -> "size: " + html.length());
    }

    @Test
    void shouldLeadFromEveryPointToItsRawRowsAndACommand() {
        final String html = new ReportPage(RUN).html();
        final Set<String> ids = new HashSet<>(all("\\bid=\"([^\"]+)\"", html));
        assertEquals(ids.size(), all("\\bid=\"([^\"]+)\"", html).size(), "an id is used twice");
        final List<String> links = all("href=\"#([^\"]+)\"", html);
        assertTrue(links.size() > 2 * RUN.cases().size(), () -> "links: " + links.size());
        links.forEach(link -> assertTrue(ids.contains(link), link));
        RUN.cases()
                .forEach(row -> assertTrue(
                        html.contains("--only &#39;&#x3D;" + row.info().id() + "&#39;")
                                || html.contains("--only &#39;=" + row.info().id() + "&#39;"),
                        row.info().id()));
        assertTrue(html.contains("JVMs were disturbed"), "the warning");
    }

    /** The page as a browser has it: counts elements, and reads every mark back from where it stands. */
    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void shouldShowInABrowserWhatWasMeasured() throws IOException, InterruptedException {
        final Optional<String> browser = browser();
        if (browser.isEmpty()) {
            System.err.println("ReportPageTest: NO CHROMIUM: the report was not looked at in a browser");
        }
        assumeTrue(browser.isPresent(), "no chromium, chromium-browser or google-chrome on the PATH");
        final Path page = temp.resolve("report.html");
        // Asks the browser where things are once they are laid out, and leaves the answer in the page.
        Files.writeString(
                page, new ReportPage(RUN).html().replace("</body>", "<script>" + MEASURE + "</script></body>"));
        for (final String[] window : new String[][] {{"1200,900", ".wide"}, {"500,900", ".narrow"}}) {
            final String dom = run(
                    browser.get(),
                    "--window-size=" + window[0],
                    "--dump-dom",
                    page.toUri().toString());
            final List<String> result = all("<pre id=\"measured\">([^<]+)</pre>", dom);
            assertEquals(1, result.size(), "the page's script did not run");
            final List<String> fields = List.of(result.get(0).split(" "));
            assertEquals(window[1], fields.get(0), "which of the two drawings is shown");
            assertEquals(all("<figure id=\"([^\"]+)\"", dom).size(), Integer.parseInt(fields.get(1)), "charts shown");
            assertEquals("0", fields.get(2), "pixels that the page is wider than its window");
            assertTrue(Integer.parseInt(fields.get(3)) > 2 * RUN.cases().size(), () -> "marks: " + fields.get(3));
            assertTrue(Double.parseDouble(fields.get(4)) < 0.02, () -> "worst relative error: " + fields.get(4));
        }
        final Path shot = Path.of("target", "report.png").toAbsolutePath();
        Files.createDirectories(shot.getParent());
        run(
                browser.get(),
                "--window-size=1200,3000",
                "--screenshot=" + shot,
                page.toUri().toString());
        assertTrue(Files.size(shot) > 20_000, "a screenshot of nothing");
    }

    private static Optional<String> browser() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    private String run(final String browser, final String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--user-data-dir=" + temp.resolve("profile")));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command)
                .redirectError(temp.resolve("browser.log").toFile())
                .start();
        final String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> "browser failed");
        return out;
    }

    private static final String MEASURE = """
            (function () {
              var wide = document.querySelector('.wide').getBoundingClientRect().width > 0;
              var shown = wide ? '.wide' : '.narrow';
              var marks = 0, worst = 0, charts = 0;
              document.querySelectorAll(shown + ' svg').forEach(function (svg) {
                if (svg.getBoundingClientRect().width > 0) charts++;
                var curves = svg.classList.contains('curves');
                var log = curves || svg.getAttribute('aria-label') !== 'Same code / same code';
                var axis = curves ? 'y' : 'x';
                var grid = svg.querySelectorAll('line.grid[data-axis=' + axis + ']');
                var middle = function (e) {
                  var box = e.getBoundingClientRect();
                  return axis === 'x' ? (box.left + box.right) / 2 : (box.top + box.bottom) / 2;
                };
                var first = grid[0], last = grid[grid.length - 1];
                var low = +first.dataset.value, high = +last.dataset.value;
                svg.querySelectorAll('g.mark').forEach(function (mark) {
                  var at = middle(mark.querySelector('circle.point'));
                  var share = (at - middle(first)) / (middle(last) - middle(first));
                  var read = log ? low * Math.pow(high / low, share) : low + share * (high - low);
                  worst = Math.max(worst, Math.abs(read / +mark.dataset.value - 1));
                  marks++;
                });
              });
              var pre = document.createElement('pre');
              pre.id = 'measured';
              pre.textContent = [shown, charts, document.documentElement.scrollWidth - innerWidth, marks, worst].join(' ');
              document.body.appendChild(pre);
            })();
            """;
}
