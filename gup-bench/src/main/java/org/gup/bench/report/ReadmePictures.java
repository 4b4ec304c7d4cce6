package org.gup.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.gup.bench.chart.ChartWriter;
import org.gup.bench.report.Section.Figure;

/** Charts of the report that are also files of their own, for a README or a mail. */
public final class ReadmePictures {
    /** Names of files, and the figures that they show. A further one is a line here. */
    private static final Map<String, String> FIGURES = figures();

    private ReadmePictures() {}

    private static Map<String, String> figures() {
        final Map<String, String> figures = new LinkedHashMap<>();
        figures.put("cost.svg", "costs");
        figures.put("curve.svg", "curve-4K");
        figures.put("stops.svg", "curve-shares");
        figures.put("migration.svg", "migration-phases");
        figures.put("cma.svg", "cma-runs");
        figures.put("check.svg", "check-ratios-512");
        figures.put("refusal.svg", "refusal-positions");
        figures.put("latency.svg", "latency-percentiles");
        return figures;
    }

    /**
     * The pictures of a run.
     *
     * @param sections of its report
     * @return SVG documents by file name; none for a question that was not asked
     */
    public static Map<String, String> of(final List<Section> sections) {
        final Map<String, String> files = new LinkedHashMap<>();
        FIGURES.forEach((file, id) -> sections.stream()
                .flatMap(section -> section.figures().stream())
                .filter(figure -> figure.id().equals(id))
                .findFirst()
                .ifPresent(figure -> files.put(file, ChartWriter.file(figure.chart()))));
        return files;
    }

    /** The figure that a file shows, if a section has it. */
    static Optional<Figure> in(final Section section, final String file) {
        return section.figures().stream()
                .filter(figure -> figure.id().equals(FIGURES.get(file)))
                .findFirst();
    }
}
