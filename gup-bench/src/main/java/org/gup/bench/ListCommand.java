package org.gup.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.gup.bench.error.BadInputException;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.ModelledProcess;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.PlannedCase;
import org.gup.bench.plan.Profile;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.plan.Subject;
import org.gup.bench.run.Progress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what can be measured. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Lists the cases of a profile with their forks, and the JMH benchmarks behind them.")
final class ListCommand implements Callable<Integer> {
    @Option(
            names = "--profile",
            paramLabel = "PROFILE",
            defaultValue = "default",
            description = "smoke, default or full (${DEFAULT-VALUE}).")
    private String profile = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        final Profile chosen = Profile.named(profile)
                .orElseThrow(
                        () -> new BadInputException("bad profile '" + profile + "': expected smoke, default or full"));
        final PrintWriter out = spec.commandLine().getOut();
        // A dump is not read for a list: its size changes no case.
        final List<PlannedCase> cases = Manifest.of(
                chosen,
                List.of(
                        new Manifest.Measured(Layout.BASE_PAGES, ModelledProcess.SYNTHETIC_PAGES),
                        new Manifest.Measured(Layout.HUGE_PAGE, ModelledProcess.SYNTHETIC_PAGES),
                        new Manifest.Measured(Layout.BUNDLED, 1)));
        final RunPlan plan = RunPlan.shuffled(chosen, 0, cases);
        final ExtraQuestions extras = ExtraQuestions.of(chosen, MainJob.Scope.ALL);
        out.println("profile " + chosen.name() + ": "
                + (cases.size() + extras.cases().size()) + " cases, "
                + (plan.forkRuns().size() + extras.forks()) + " forks, about "
                + Progress.text(plan.estimate().plus(extras.estimate())));
        cases.forEach(planned ->
                out.println("  " + planned.forks() + " x " + planned.benchCase().id()));
        extras.lines().forEach(line -> out.println("  " + line + ":"));
        extras.cases().forEach(info -> out.println("      " + info.id()));
        out.println("benchmarks (gup-bench jmh -lp shows their parameters):");
        for (final Subject subject : Subject.values()) {
            out.println("  " + subject.benchmark() + "  " + subject.label());
        }
        out.flush();
        return 0;
    }
}
