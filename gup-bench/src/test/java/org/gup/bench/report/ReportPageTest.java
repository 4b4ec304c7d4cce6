package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;

class ReportPageTest {
    private static final Run RUN = new TestRuns(1, 0.02)
            .disturbed()
            .usual(3, 1)
            .fact("cpu", "model", "<CPU> & co")
            .run("run");

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
}
