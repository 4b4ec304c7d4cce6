package org.gup.bench.report;

import com.google.gson.JsonElement;
import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.gup.bench.chart.ChartStyle;
import org.gup.bench.chart.ChartWriter;
import org.gup.bench.results.JmhJson;

/**
 * One self-contained file, whatever it tells: answers first, then sections with their charts, the raw rows that the charts lead
 * to, environment and method.
 *
 * @param name its heading
 * @param profile of what was measured
 * @param warnings what puts it in doubt
 * @param sections its parts
 * @param rawRows what the points of the charts lead to, as {@link RawRows} has it
 * @param facts of the machine and the run
 * @param environment everything that was recorded
 * @param method how it was measured
 */
record HtmlPage(
        String name,
        String profile,
        List<String> warnings,
        List<Section> sections,
        List<Map<String, Object>> rawRows,
        List<Fact> facts,
        JsonElement environment,
        List<String> method) {
    private static final String TEMPLATE = "report.mustache";
    private static final String STYLE = "report.css";

    HtmlPage {
        warnings = List.copyOf(warnings);
        sections = List.copyOf(sections);
        rawRows = List.copyOf(rawRows);
        facts = List.copyOf(facts);
        method = List.copyOf(method);
    }

    /**
     * A line of the environment.
     *
     * @param name what it is
     * @param value what it is here
     */
    record Fact(String name, String value) {}

    /** The text of the file. */
    String html() {
        final Map<String, Object> page = new LinkedHashMap<>();
        page.put("title", "gup-bench: " + name);
        page.put("name", name);
        page.put("profile", profile);
        page.put("style", style());
        page.put("warnings", warnings);
        page.put(
                "answers",
                sections.stream()
                        .filter(section -> !section.answers().isEmpty())
                        .map(section -> Map.of(
                                "id",
                                section.id(),
                                "title",
                                section.title(),
                                "answer",
                                section.answers().get(0)))
                        .toList());
        page.put("sections", sections.stream().map(HtmlPage::section).toList());
        page.put("cases", rawRows);
        page.put(
                "facts",
                facts.stream()
                        .map(fact -> Map.of("name", fact.name, "value", fact.value))
                        .toList());
        page.put("environment", JmhJson.pretty(environment));
        page.put("method", method);
        try (Reader template = new InputStreamReader(resource(TEMPLATE), StandardCharsets.UTF_8)) {
            return Mustache.compiler().escapeHTML(true).compile(template).execute(page);
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static Map<String, Object> section(final Section section) {
        return Map.of(
                "id",
                section.id(),
                "title",
                section.title(),
                "answers",
                section.answers(),
                "figures",
                section.figures().stream()
                        .map(figure -> Map.of(
                                "id", figure.id(),
                                "caption", figure.caption(),
                                "wide", ChartWriter.inline(figure.chart(), ChartWriter.Format.WIDE),
                                "narrow", ChartWriter.inline(figure.chart(), ChartWriter.Format.NARROW)))
                        .toList(),
                "tables",
                section.tables(),
                "notes",
                section.notes());
    }

    private static String style() {
        try (InputStream in = resource(STYLE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .replace("/*LIGHT*/", ChartStyle.light())
                            .replace("/*DARK*/", ChartStyle.dark())
                    + ChartStyle.rules();
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static InputStream resource(final String name) {
        final InputStream in = HtmlPage.class.getResourceAsStream(name);
        if (in == null) {
            throw new IllegalStateException("missing from the jar: " + name);
        }
        return in;
    }
}
