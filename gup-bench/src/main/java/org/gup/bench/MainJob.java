package org.gup.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.gup.bench.env.Environment;
import org.gup.bench.env.MachineState;
import org.gup.bench.env.Scrubber;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.BenchmarkFailedException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.PageSurvey;
import org.gup.bench.layout.SurveyedLayout;
import org.gup.bench.plan.Experiment;
import org.gup.bench.plan.Extras;
import org.gup.bench.plan.ForkRun;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.PlannedCase;
import org.gup.bench.plan.Profile;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.report.OtherQuestions;
import org.gup.bench.report.Summary;
import org.gup.bench.report.WhatIf;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.JmhJson;
import org.gup.bench.results.ResultsFolder;
import org.gup.bench.results.Run;
import org.gup.bench.results.UnfinishedRun;
import org.gup.bench.results.UnfinishedRun.Finished;
import org.gup.bench.results.UnfinishedRun.FinishedExtra;
import org.gup.bench.run.ForkArguments;
import org.gup.bench.run.ForkResult;
import org.gup.bench.run.JmhForks;
import org.gup.bench.run.Progress;
import org.gup.bench.text.Glob;

/** The main job: survey, plan, measure, answer, and leave one folder. */
final class MainJob {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Request request;
    private final Console console;
    private final WhatIf whatIf;

    MainJob(final Request request, final Console console) {
        this(request, console, WhatIf.NOTHING);
    }

    MainJob(final Request request, final Console console, final WhatIf whatIf) {
        this.request = request;
        this.console = console;
        this.whatIf = whatIf;
    }

    /**
     * What is asked for.
     *
     * @param profile how much time
     * @param layouts which address spaces
     * @param results where the folder goes
     * @param name what is added to its name
     * @param seed of the order
     * @param arguments the command line
     * @param scope which part of all that
     */
    record Request(
            Profile profile,
            List<Layout> layouts,
            Path results,
            Optional<String> name,
            long seed,
            List<String> arguments,
            Scope scope) {}

    /**
     * A part of a profile.
     *
     * @param only patterns of cases; all of them if there is none
     * @param sameCodePairs pairs of the same case in place of the profile's cases; 0 for none
     * @param experiment a question of its own in place of the profile's
     * @param shard the part of one of several machines
     */
    record Scope(List<String> only, int sameCodePairs, Optional<Experiment> experiment, Optional<Shard> shard) {
        /** The whole profile. */
        static final Scope ALL = new Scope(List.of(), 0, Optional.empty(), Optional.empty());

        /** What a profile asks of many cases at a time. */
        List<Extras> extras(final Profile profile) {
            if (experiment.isPresent()) {
                return experiment.get().extras(profile);
            }
            return sameCodePairs > 0 ? List.of() : Extras.of(profile);
        }

        /** What JMH measures. */
        List<PlannedCase> cases(final Profile profile, final List<Manifest.Measured> layouts) {
            if (experiment.isPresent()) {
                return List.of();
            }
            return sameCodePairs > 0 ? Manifest.sameCode(profile, sameCodePairs) : Manifest.of(profile, layouts);
        }
    }

    /**
     * One of several parts that run apart.
     *
     * @param part which one, from 1
     * @param parts how many
     */
    record Shard(int part, int parts) {
        @Override
        public String toString() {
            return part + "/" + parts;
        }
    }

    private ExtraQuestions extras() {
        return ExtraQuestions.of(request.profile(), request.scope());
    }

    /** Says what would be done. Writes nothing. */
    int printPlan() {
        final RunPlan plan = plan(surveys());
        console.out()
                .println("profile " + plan.profile().name() + ", seed " + plan.seed()
                        + request.scope()
                                .shard()
                                .map(shard -> ", shard " + shard)
                                .orElse("")
                        + ": " + (plan.forkRuns().size() + extras().forks()) + " forks, about "
                        + Progress.text(plan.estimate().plus(extras().estimate())));
        console.out()
                .println("each fork: " + plan.profile().warmupIterations() + " warm-up and "
                        + plan.profile().iterations() + " measured iterations of "
                        + plan.profile().iterationTime().toMillis() + " ms");
        console.out().println("JVM: " + String.join(" ", ForkArguments.forThisJdk()));
        for (final PlannedCase planned : plan.cases()) {
            final long forks = plan.forkRuns().stream()
                    .filter(forkRun -> forkRun.benchCase().equals(planned.benchCase()))
                    .count();
            if (forks > 0) {
                console.out().println("  " + forks + " x " + planned.benchCase().id());
            }
        }
        extras().lines().forEach(line -> console.out().println("  " + line));
        console.out().println("nothing is measured, nothing is written");
        console.out().flush();
        return ExitStatus.DONE;
    }

    /** Does it. */
    int run() {
        final List<SurveyedLayout> surveys = surveys();
        return run(plan(surveys), surveys);
    }

    int run(final RunPlan plan, final List<SurveyedLayout> surveys) {
        final Instant started = Instant.now();
        final String name = STAMP.format(started) + "-" + request.profile().name()
                + request.name().map(suffix -> "-" + suffix).orElse("")
                + request.scope()
                        .shard()
                        .map(shard -> "-shard-" + shard.part() + "-of-" + shard.parts())
                        .orElse("");
        try (ResultsFolder folder = ResultsFolder.open(request.results(), name)) {
            return run(new Job(plan, surveys, started, name, folder), Map.of(), Map.of());
        }
    }

    /**
     * Goes on where a run was told to end.
     *
     * @param unfinished what is left of it; the request is the one that it was started with
     */
    int resume(final UnfinishedRun unfinished) {
        final List<SurveyedLayout> surveys = surveys();
        final RunPlan plan = plan(surveys);
        Resumption.checkSamePlan(unfinished, plan);
        final String name = unfinished.plan().get("name").getAsString();
        if (!console.quiet()) {
            console.err()
                    .println("gup-bench: "
                            + (unfinished.forks().size() + unfinished.extras().size()) + " of "
                            + (plan.forkRuns().size() + extras().forks()) + " forks were finished before");
        }
        try (ResultsFolder folder = ResultsFolder.reopen(unfinished.folder(), name)) {
            return run(new Job(plan, surveys, Instant.now(), name, folder), unfinished.forks(), unfinished.extras());
        }
    }

    /** A run that is under way. */
    private record Job(RunPlan plan, List<SurveyedLayout> surveys, Instant started, String name, ResultsFolder folder) {
        List<CaseInfo> cases() {
            return plan.cases().stream()
                    .map(one -> one.benchCase().info(one.forks()))
                    .toList();
        }

        List<JsonObject> layouts() {
            return surveys.stream().map(SurveyedLayout::json).toList();
        }
    }

    private int run(
            final Job job, final Map<Integer, Finished> before, final Map<Integer, FinishedExtra> extrasBefore) {
        final MachineState machineBefore = MachineState.now();
        final ByteArrayOutputStream log = new ByteArrayOutputStream();
        final Scrubber scrubber = Scrubber.ofThisMachine();
        try (Interruption interruption = Interruption.watch(job.folder)) {
            if (before.isEmpty() && extrasBefore.isEmpty()) {
                // Not scrubbed: a dump is found again by its path. The file goes when the run is complete.
                job.folder.write(UnfinishedRun.PLAN, JmhJson.pretty(planJson(job)));
            }
            final Map<Integer, Finished> results;
            final ExtraForks.Outcome extra;
            try {
                results = measure(job, before, log, scrubber);
                extra = measureExtras(job, extrasBefore, scrubber);
            } catch (final RuntimeException failed) {
                // Ctrl-C reaches the fork as well: it is not the fork's fault then.
                interruption.waitIfInterrupted();
                throw withWhatIsKept(job.folder, failed);
            }
            final List<ForkRow> rows =
                    new ArrayList<>(results.values().stream().map(Finished::row).toList());
            rows.addAll(extra.rows());
            final List<CaseInfo> cases = cases(job);
            final Run run = new Run(
                    job.name,
                    request.scope().shard().isPresent() ? Run.Status.SHARD : Run.Status.COMPLETE,
                    job.plan.profile().name(),
                    job.plan.seed(),
                    Run.rows(cases, rows),
                    cases,
                    List.of(environment(job, machineBefore)),
                    job.layouts());
            final ResultsFolder folder = job.folder;
            write(
                    folder,
                    "jmh.json",
                    JmhJson.merge(results.values().stream().map(Finished::jmh).toList()),
                    scrubber);
            write(folder, "rounds.json", run.roundsJson(), scrubber);
            write(folder, "pages.json", pages(job.layouts()), scrubber);
            write(folder, "environment.json", run.environment(), scrubber);
            // Data is scrubbed, not pages: in a page, a host's name may be a part of the markup.
            ReportCommand.files(run.scrubbed(scrubber::scrub), whatIf).forEach(folder::write);
            extra.files().forEach((file, content) -> folder.write(file, scrubber.scrub(content)));
            folder.write("jmh.log", scrubber.scrub(log.toString(StandardCharsets.UTF_8)));
            final Path published = folder.publish();
            new Summary(run).terminal(console::bold).forEach(console.out()::println);
            new OtherQuestions(run, whatIf).terminal(console::bold).forEach(console.out()::println);
            console.out().println("results: " + published);
            console.out().println("report:  " + published.resolve("report.html"));
            console.out().flush();
            return ExitStatus.DONE;
        }
    }

    private List<SurveyedLayout> surveys() {
        final List<SurveyedLayout> surveys =
                request.layouts().stream().map(SurveyedLayout::of).toList();
        for (final SurveyedLayout surveyed : surveys) {
            if (surveyed.survey().comparable() == 0) {
                throw new BadInputException(
                        "layout '" + surveyed.layout().name() + "': no page of it can be got both ways");
            }
        }
        return surveys;
    }

    private RunPlan plan(final List<SurveyedLayout> surveys) {
        final List<Manifest.Measured> measured = surveys.stream()
                .map(surveyed -> new Manifest.Measured(surveyed.layout(), sweptPages(surveyed.survey())))
                .toList();
        final Scope scope = request.scope();
        final List<PlannedCase> all = scope.cases(request.profile(), measured);
        final List<Glob> only = scope.only().stream().map(Glob::new).toList();
        final List<PlannedCase> chosen = all.stream()
                .filter(planned -> only.isEmpty()
                        || only.stream()
                                .anyMatch(
                                        glob -> glob.matches(planned.benchCase().id())))
                .toList();
        if (chosen.isEmpty() && extras().isEmpty()) {
            throw new BadInputException("no case matches " + scope.only() + " (gup-bench list shows them)");
        }
        final RunPlan plan = RunPlan.shuffled(request.profile(), request.seed(), chosen);
        final RunPlan part = scope.shard()
                .map(shard -> plan.shard(shard.part(), shard.parts()))
                .orElse(plan);
        if (part.forkRuns().isEmpty() && extras().isEmpty()) {
            throw new BadInputException(
                    "shard " + scope.shard().map(Shard::toString).orElse("")
                            + " has nothing to do: there are fewer parts to the run");
        }
        return part;
    }

    private static int sweptPages(final PageSurvey survey) {
        return Math.toIntExact(survey.comparable());
    }

    private Map<Integer, Finished> measure(
            final Job job,
            final Map<Integer, Finished> before,
            final ByteArrayOutputStream log,
            final Scrubber scrubber) {
        final RunPlan plan = job.plan;
        final List<ForkRun> left = plan.forkRuns().stream()
                .filter(forkRun -> !before.containsKey(forkRun.order()))
                .toList();
        final RunPlan rest = new RunPlan(plan.profile(), plan.seed(), plan.cases(), left);
        if (!console.quiet()) {
            console.err()
                    .println("gup-bench: profile " + plan.profile().name() + ", seed " + plan.seed() + ", "
                            + (left.size() + extras().forks()) + " forks, about "
                            + Progress.text(rest.estimate().plus(extras().estimate())));
            console.err().flush();
        }
        final OutputStream jmhOutput = console.verbose() ? new Tee(log, console.rawErr()) : log;
        final JmhForks forks = new JmhForks(
                plan.profile(), ForkArguments.forThisJdk(), new PrintStream(jmhOutput, true, StandardCharsets.UTF_8));
        final Progress progress = new Progress(console.rawErr(), console.progressStyle(), rest);
        final Map<Integer, Finished> results = new TreeMap<>(before);
        try {
            for (final ForkRun forkRun : left) {
                progress.starting(forkRun);
                final ForkResult result = forks.run(forkRun);
                final Finished finished = new Finished(result.row(), result.jmh());
                results.put(forkRun.order(), finished);
                job.folder.writeFork(
                        UnfinishedRun.fileOf(forkRun.order()),
                        JmhJson.pretty(JmhJson.scrubbed(UnfinishedRun.json(finished), scrubber::scrub)));
                progress.finished(Duration.ofMillis(result.row().tookMillis()));
            }
        } finally {
            progress.end();
        }
        return results;
    }

    /** Positions of these forks come after those of JMH's forks of all parts of the run. */
    private ExtraForks.Outcome measureExtras(
            final Job job, final Map<Integer, FinishedExtra> before, final Scrubber scrubber) {
        final int firstOrder =
                job.plan.cases().stream().mapToInt(PlannedCase::forks).sum()
                        + request.scope().shard().map(Shard::parts).orElse(0);
        return extras().run(
                        firstOrder,
                        job.plan.seed(),
                        before,
                        (order, finished) -> job.folder.writeFork(
                                UnfinishedRun.fileOfExtra(order),
                                JmhJson.pretty(JmhJson.scrubbed(UnfinishedRun.json(finished), scrubber::scrub))),
                        console);
    }

    /** A fork that failed takes nothing along: what others measured is kept. */
    private static RuntimeException withWhatIsKept(final ResultsFolder folder, final RuntimeException failed) {
        if (!(failed instanceof BenchmarkFailedException)) {
            return failed;
        }
        return folder.keepUnfinished()
                .<RuntimeException>map(kept -> new BenchmarkFailedException(
                        failed.getMessage() + "; what was finished is kept: go on with gup-bench run --resume '" + kept
                                + "'",
                        failed))
                .orElse(failed);
    }

    private List<CaseInfo> cases(final Job job) {
        final List<CaseInfo> cases = new ArrayList<>(job.cases());
        cases.addAll(extras().cases());
        return cases;
    }

    private static void write(
            final ResultsFolder folder, final String file, final JsonElement json, final Scrubber scrubber) {
        folder.write(file, JmhJson.pretty(JmhJson.scrubbed(json, scrubber::scrub)));
    }

    static JsonObject pages(final List<JsonObject> surveyed) {
        final JsonObject json = new JsonObject();
        json.addProperty("schema", "gup-bench-pages/1");
        final JsonArray layouts = new JsonArray();
        surveyed.forEach(layouts::add);
        json.add("layouts", layouts);
        return json;
    }

    private JsonObject planJson(final Job job) {
        final JsonObject json = new JsonObject();
        json.addProperty("schema", UnfinishedRun.SCHEMA);
        json.addProperty("name", job.name);
        json.addProperty("profile", job.plan.profile().name());
        json.addProperty("seed", job.plan.seed());
        Resumption.write(request, job.plan, json);
        final JsonArray cases = new JsonArray();
        cases(job).forEach(info -> cases.add(info.json()));
        json.add("cases", cases);
        final JsonArray layouts = new JsonArray();
        job.layouts().forEach(layouts::add);
        json.add("layouts", layouts);
        json.add("environment", Environment.facts(request.arguments(), ForkArguments.forThisJdk()));
        return json;
    }

    private JsonObject environment(final Job job, final MachineState before) {
        final JsonObject json = Environment.facts(request.arguments(), ForkArguments.forThisJdk());
        final Instant ended = Instant.now();
        final JsonObject run = new JsonObject();
        run.addProperty("profile", job.plan.profile().name());
        run.addProperty("seed", job.plan.seed());
        request.scope().shard().ifPresent(shard -> run.addProperty("shard", shard.toString()));
        run.addProperty("startedUtc", job.started.toString());
        run.addProperty("endedUtc", ended.toString());
        run.addProperty("tookSeconds", Duration.between(job.started, ended).toSeconds());
        run.addProperty("load1Before", String.valueOf(before.load1()));
        run.addProperty("load1After", String.valueOf(MachineState.now().load1()));
        json.add("run", run);
        return json;
    }

    /** Layouts by their names, as a plan has them. */
    static List<Layout> layouts(final JsonArray names) {
        final List<Layout> layouts = new ArrayList<>();
        names.forEach(name -> layouts.add(new Layout(name.getAsString())));
        return layouts;
    }
}
