package org.gup.bench.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import java.util.ArrayList;
import java.util.List;
import org.gup.bench.report.HtmlPage.Fact;
import org.gup.bench.results.Run;

/**
 * {@code report.html}: one file that needs nothing else. Answers first, then charts, each point of which leads to its raw rows
 * and to a command that repeats it, then the environment and the method.
 */
public final class ReportPage {
    private final Run run;
    private final List<Section> sections;

    /**
     * A page.
     *
     * @param run what to show
     */
    public ReportPage(final Run run) {
        this(run, WhatIf.NOTHING);
    }

    /**
     * A page with what the reader supposes.
     *
     * @param run what to show
     * @param whatIf prices of what the model does not feel
     */
    public ReportPage(final Run run, final WhatIf whatIf) {
        this.run = run;
        this.sections = sources(whatIf).stream()
                .flatMap(source -> source.of(run).stream())
                .toList();
    }

    /** The questions, in the order of the page. */
    private static List<Section.Source> sources(final WhatIf whatIf) {
        return List.of(
                new FastSlowSection(),
                new CurveSection(),
                new MigrationSection(whatIf),
                new StaySection(),
                new CmaSection(),
                new CountSection(),
                new CheckSection(),
                new June2019Section(),
                new RejectionSection(),
                new LatencySection(),
                new SameCodeSection());
    }

    /**
     * The sections of the run.
     *
     * @return in the order of the page
     */
    public List<Section> sections() {
        return sections;
    }

    /**
     * Draws it.
     *
     * @return the text of an HTML file
     */
    public String html() {
        return new HtmlPage(
                        run.name(),
                        run.profile(),
                        warnings(),
                        sections,
                        run.cases().stream()
                                .map(rows -> RawRows.of(List.of(new RawRows.Of(run, "", rows))))
                                .toList(),
                        facts(),
                        environment(),
                        method())
                .html();
    }

    private JsonElement environment() {
        if (run.environments().size() == 1) {
            return run.environment();
        }
        final JsonArray all = new JsonArray();
        run.environments().forEach(all::add);
        return all;
    }

    private List<String> warnings() {
        final List<String> warnings = new ArrayList<>();
        if (run.status() != Run.Status.COMPLETE) {
            warnings.add("Not complete: " + run.status().word() + ".");
        }
        final int disturbed = run.disturbedJvms();
        if (disturbed > 0) {
            warnings.add(disturbed + " of " + run.jvms()
                    + " JVMs were disturbed by others on the machine. They are marked; none is left out."
                    + (2 * disturbed > run.jvms() ? " Do not rely on this run." : ""));
        }
        if (run.environments().size() > 1) {
            warnings.add("Measured on " + run.environments().size()
                    + " machines: compare rows by their ratio to their own machine's baseline.");
        }
        return warnings;
    }

    private List<Fact> facts() {
        return List.of(
                new Fact(
                        "gup",
                        run.fact("gupVersion") + ", commit " + run.fact("gitCommit")
                                + (run.fact("gitDirty").equals("yes") ? " with changes" : "")),
                new Fact("CPU", run.fact("cpu", "model") + ", " + run.cpus() + " logical"),
                new Fact("JDK", run.fact("jdk", "vmVersion")),
                new Fact(
                        "System",
                        run.fact("os", "name") + " " + run.fact("os", "version") + ", THP "
                                + run.fact("memory", "thp")),
                new Fact(
                        "Run",
                        "profile " + run.profile() + ", seed " + run.seed() + ", " + run.jvms() + " JVMs, "
                                + run.fact("run", "startedUtc")));
    }

    private static List<String> method() {
        return List.of(
                "Each case runs in JVMs of its own, in rounds whose order is shuffled: a slow minute of the machine falls on all"
                        + " cases. An interval is made from the JVMs' means, never from iterations, which agree too well.",
                "Every iteration is checked: counters, references and answers must be exact, or the run fails.",
                "Load and stolen time are recorded around each JVM. Disturbed JVMs are marked; none is left out.",
                KernelReference.DISCLAIMER);
    }
}
