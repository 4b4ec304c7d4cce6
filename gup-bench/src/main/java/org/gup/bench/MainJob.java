package org.gup.bench;

import com.google.gson.JsonArray;
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
import java.util.Optional;
import org.gup.bench.env.Environment;
import org.gup.bench.env.MachineState;
import org.gup.bench.env.Scrubber;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.PageSurvey;
import org.gup.bench.layout.SurveyedLayout;
import org.gup.bench.plan.ForkRun;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.PlannedCase;
import org.gup.bench.plan.Profile;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.report.Answers;
import org.gup.bench.report.CostChart;
import org.gup.bench.report.RoundsJson;
import org.gup.bench.report.Summary;
import org.gup.bench.results.JmhJson;
import org.gup.bench.results.ResultsFolder;
import org.gup.bench.run.ForkArguments;
import org.gup.bench.run.ForkResult;
import org.gup.bench.run.JmhForks;
import org.gup.bench.run.Progress;

/** The main job: survey, plan, measure, answer, and leave one folder. */
final class MainJob {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Request request;
    private final Console console;

    MainJob(final Request request, final Console console) {
        this.request = request;
        this.console = console;
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
     */
    record Request(
            Profile profile,
            List<Layout> layouts,
            Path results,
            Optional<String> name,
            long seed,
            List<String> arguments) {}

    /** Says what would be done. Writes nothing. */
    int printPlan() {
        final RunPlan plan = plan(surveys());
        console.out()
                .println("profile " + plan.profile().name() + ", seed " + plan.seed() + ": "
                        + plan.forkRuns().size() + " forks, about " + Progress.text(plan.estimate()));
        console.out()
                .println("each fork: " + plan.profile().warmupIterations() + " warm-up and "
                        + plan.profile().iterations() + " measured iterations of "
                        + plan.profile().iterationTime().toMillis() + " ms");
        console.out().println("JVM: " + String.join(" ", ForkArguments.forThisJdk()));
        for (final PlannedCase planned : plan.cases()) {
            console.out()
                    .println(
                            "  " + planned.forks() + " x " + planned.benchCase().id());
        }
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
        final MachineState before = MachineState.now();
        final ByteArrayOutputStream log = new ByteArrayOutputStream();
        try (ResultsFolder folder = ResultsFolder.open(request.results(), folderName(started));
                Interruption interruption = Interruption.watch(folder)) {
            final List<ForkResult> results = measure(plan, log, interruption);
            final Answers answers = new Answers(plan.cases(), results, Environment.cpus());
            final Summary summary = new Summary(plan, answers, surveys);
            final Scrubber scrubber = Scrubber.ofThisMachine();
            folder.write(
                    "jmh.json",
                    JmhJson.merge(results.stream().map(ForkResult::jmh).toList(), scrubber::scrub));
            write(folder, "rounds.json", RoundsJson.of(plan, results, Environment.cpus()), scrubber);
            write(folder, "pages.json", pages(surveys), scrubber);
            write(folder, "environment.json", environment(plan, started, before), scrubber);
            folder.write("summary.md", scrubber.scrub(summary.markdown()));
            folder.write("cost.svg", CostChart.of(answers.rows()));
            folder.write("jmh.log", scrubber.scrub(log.toString(StandardCharsets.UTF_8)));
            final Path published = folder.publish();
            summary.terminal(console::bold).forEach(console.out()::println);
            console.out().println("results: " + published);
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
        return RunPlan.shuffled(request.profile(), request.seed(), Manifest.of(request.profile(), measured));
    }

    private static int sweptPages(final PageSurvey survey) {
        return Math.toIntExact(survey.comparable());
    }

    private String folderName(final Instant started) {
        return STAMP.format(started) + "-" + request.profile().name()
                + request.name().map(name -> "-" + name).orElse("");
    }

    private List<ForkResult> measure(
            final RunPlan plan, final ByteArrayOutputStream log, final Interruption interruption) {
        if (!console.quiet()) {
            console.err()
                    .println("gup-bench: profile " + plan.profile().name() + ", seed " + plan.seed() + ", "
                            + plan.forkRuns().size() + " forks, about " + Progress.text(plan.estimate()));
            console.err().flush();
        }
        final OutputStream jmhOutput = console.verbose() ? new Tee(log, console.rawErr()) : log;
        final JmhForks forks = new JmhForks(
                plan.profile(), ForkArguments.forThisJdk(), new PrintStream(jmhOutput, true, StandardCharsets.UTF_8));
        final Progress progress = new Progress(console.rawErr(), console.progressStyle(), plan);
        final List<ForkResult> results = new ArrayList<>();
        try {
            for (final ForkRun forkRun : plan.forkRuns()) {
                progress.starting(forkRun);
                final ForkResult result = forks.run(forkRun);
                results.add(result);
                progress.finished(result.took());
            }
        } catch (final RuntimeException failed) {
            // Ctrl-C reaches the fork as well: it is not the fork's fault then.
            interruption.waitIfInterrupted();
            throw failed;
        } finally {
            progress.end();
        }
        return results;
    }

    private static void write(
            final ResultsFolder folder, final String file, final JsonObject json, final Scrubber scrubber) {
        folder.write(file, JmhJson.pretty(JmhJson.scrubbed(json, scrubber::scrub)));
    }

    private static JsonObject pages(final List<SurveyedLayout> surveys) {
        final JsonObject json = new JsonObject();
        json.addProperty("schema", "gup-bench-pages/1");
        final JsonArray layouts = new JsonArray();
        surveys.forEach(surveyed -> layouts.add(surveyed.json()));
        json.add("layouts", layouts);
        return json;
    }

    private JsonObject environment(final RunPlan plan, final Instant started, final MachineState before) {
        final JsonObject json = Environment.facts(request.arguments(), ForkArguments.forThisJdk());
        final Instant ended = Instant.now();
        final JsonObject run = new JsonObject();
        run.addProperty("profile", plan.profile().name());
        run.addProperty("seed", plan.seed());
        run.addProperty("startedUtc", started.toString());
        run.addProperty("endedUtc", ended.toString());
        run.addProperty("tookSeconds", Duration.between(started, ended).toSeconds());
        run.addProperty("load1Before", String.valueOf(before.load1()));
        run.addProperty("load1After", String.valueOf(MachineState.now().load1()));
        json.add("run", run);
        return json;
    }
}
