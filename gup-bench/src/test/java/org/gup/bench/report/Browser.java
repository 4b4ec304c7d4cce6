package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A headless Chromium that lays a page out and says where everything is. */
final class Browser {
    /** A width below Chromium's smallest window: a phone's. */
    static final int PHONE = 390;

    /** A screen's. */
    static final int SCREEN = 1200;

    private final String program;
    private final Path folder;

    private Browser(final String program, final Path folder) {
        this.program = program;
        this.folder = folder;
    }

    /** The browser of this machine. Where there is none, the test says so on stderr and counts as skipped, not as passed. */
    static Browser find(final Class<?> test, final Path folder) {
        final Optional<String> program = Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(path -> Path.of(path, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
        if (program.isEmpty()) {
            System.err.println(test.getSimpleName() + ": NO CHROMIUM: the page was not looked at in a browser");
        }
        assumeTrue(program.isPresent(), "no chromium, chromium-browser or google-chrome on the PATH");
        return new Browser(program.get(), folder);
    }

    /**
     * What a page measures of itself once it is laid out.
     *
     * @param html the page
     * @param width of what it is shown in
     * @param dark whether the reader prefers dark colours
     */
    JsonObject measure(final String html, final int width, final boolean dark)
            throws IOException, InterruptedException {
        Files.writeString(
                folder.resolve("page.html"), html.replace("</body>", "<script>" + MEASURE + "</script></body>"));
        // A frame can be as narrow as a phone, a window cannot.
        final Path frame = Files.writeString(
                folder.resolve("frame.html"),
                "<!DOCTYPE html><html><body style=\"margin:0\"><script>addEventListener('message', function (e) {"
                        + "var pre = document.createElement('pre'); pre.id = 'measured'; pre.textContent = e.data;"
                        + "document.body.appendChild(pre); });</script><iframe src=\"page.html\" width=\"" + width
                        + "\" height=\"900\" style=\"border:0\"></iframe></body></html>");
        final String dom = run(
                "--window-size=1300,1000",
                "--virtual-time-budget=5000",
                "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1),
                "--dump-dom",
                frame.toUri().toString());
        final Matcher measured =
                Pattern.compile("<pre id=\"measured\">([^<]+)</pre>").matcher(dom);
        assertEquals(true, measured.find(), "the page's script did not run");
        return JsonParser.parseString(measured.group(1).replace("&gt;", ">").replace("&amp;", "&"))
                .getAsJsonObject();
    }

    /** Takes a picture of a page. */
    Path screenshot(final String html, final String name, final int width, final boolean dark)
            throws IOException, InterruptedException {
        final Path page = Files.writeString(folder.resolve("page.html"), html);
        final Path frame = Files.writeString(
                folder.resolve("frame.html"),
                "<!DOCTYPE html><html><body style=\"margin:0\"><iframe src=\"" + page.getFileName() + "\" width=\""
                        + width + "\" height=\"3000\" style=\"border:0\"></iframe></body></html>");
        final Path shot = Path.of("target", name).toAbsolutePath();
        Files.createDirectories(shot.getParent());
        run(
                "--window-size=" + Math.max(width, 500) + ",3000",
                "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1),
                "--screenshot=" + shot,
                frame.toUri().toString());
        return shot;
    }

    private String run(final String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--allow-file-access-from-files",
                "--user-data-dir=" + folder.resolve("profile")));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve("browser.log").toFile())
                .start();
        final String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> "browser failed");
        return out;
    }

    /** Reads every mark, interval and bar back from where it stands; errors are in units of the drawing. */
    private static final String MEASURE = """
            (function () {
              var wide = document.querySelector('.wide').getBoundingClientRect().width > 0;
              var shown = wide ? '.wide' : '.narrow';
              var found = {shown: shown, charts: 0, marks: 0, marksWorst: 0, ends: 0, endsWorst: 0, bars: 0, barsWorst: 0,
                overflow: document.documentElement.scrollWidth - innerWidth,
                dark: matchMedia('(prefers-color-scheme: dark)').matches,
                figures: document.querySelectorAll('figure').length};
              document.querySelectorAll(shown + ' svg').forEach(function (svg) {
                var box = svg.getBoundingClientRect();
                if (box.width === 0) return;
                found.charts++;
                var unit = box.width / svg.viewBox.baseVal.width;
                var y = svg.classList.contains('curves');
                var edges = function (e) {
                  var r = e.getBoundingClientRect();
                  return y ? [(r.bottom - box.top) / unit, (r.top - box.top) / unit]
                           : [(r.left - box.left) / unit, (r.right - box.left) / unit];
                };
                var middle = function (e) { var at = edges(e); return (at[0] + at[1]) / 2; };
                var ticks = Array.from(svg.querySelectorAll('line.grid[data-axis=' + (y ? 'y' : 'x') + ']'))
                  .map(function (e) { return {value: +e.dataset.value, at: middle(e)}; });
                var first = ticks[0], last = ticks[ticks.length - 1];
                var map = function (scale) {
                  return function (value) {
                    return first.at + (last.at - first.at) * (scale(value) - scale(first.value)) / (scale(last.value) - scale(first.value));
                  };
                };
                var marks = Array.from(svg.querySelectorAll('g.mark'));
                var worst = function (to) {
                  var error = 0;
                  marks.forEach(function (mark) {
                    error = Math.max(error, Math.abs(middle(mark.querySelector('circle.point')) - to(+mark.dataset.value)));
                  });
                  ticks.forEach(function (tick) { error = Math.max(error, Math.abs(tick.at - to(tick.value))); });
                  return error;
                };
                var linear = map(function (v) { return v; }), log = map(Math.log);
                var to = first.value > 0 && worst(log) < worst(linear) ? log : linear;
                found.marks += marks.length;
                found.marksWorst = Math.max(found.marksWorst, worst(to));
                marks.forEach(function (mark) {
                  var line = mark.querySelector('line.bounds');
                  if (!line) return;
                  found.ends++;
                  var at = edges(line);
                  found.endsWorst = Math.max(found.endsWorst,
                    Math.abs(at[0] - to(Math.max(+mark.dataset.low, first.value))), Math.abs(at[1] - to(+mark.dataset.high)));
                });
                svg.querySelectorAll('rect.part, rect.step').forEach(function (bar) {
                  found.bars++;
                  var at = edges(bar), value = Math.abs(+(bar.dataset.value || bar.dataset.added));
                  found.barsWorst = Math.max(found.barsWorst, Math.abs(at[1] - at[0] - (to(value) - to(0))));
                });
              });
              var rgb = function (text) { return text.match(/[\\d.]+/g).map(Number); };
              var light = function (c) {
                var l = c.slice(0, 3).map(function (v) { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
                return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
              };
              var ground = function (e) {
                for (; e; e = e.parentElement) {
                  var c = rgb(getComputedStyle(e).backgroundColor);
                  if (c.length < 4 || c[3] > 0) return c;
                }
                return [255, 255, 255];
              };
              found.contrast = 21;
              var texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (texts.nextNode()) {
                var e = texts.currentNode.parentElement;
                if (!texts.currentNode.data.trim() || !e.getClientRects().length || /SCRIPT|STYLE|title/.test(e.tagName)) continue;
                var style = getComputedStyle(e);
                var one = light(rgb(e.ownerSVGElement ? style.fill : style.color)), two = light(ground(e));
                var contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
                if (contrast < found.contrast) {
                  found.contrast = contrast;
                  found.faintest = texts.currentNode.data.trim().slice(0, 30).replace(/[^ -~]/g, '?');
                }
              }
              parent.postMessage(JSON.stringify(found), '*');
            })();
            """;
}
