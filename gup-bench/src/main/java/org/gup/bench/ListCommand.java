package org.gup.bench;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.ModelledProcess;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.PlannedCase;
import org.gup.bench.plan.Profile;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.plan.Subject;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.run.Progress;
import org.gup.bench.text.Glob;
import org.gup.bench.text.NaturalOrder;
import org.gup.bench.text.TextTree;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what can be measured. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Lists the cases of a profile with the JVMs that measure each of them.",
            "",
            "Takes the same filter as run: what is listed is what would be measured. Address spaces of your own add cases"
                    + " that are not listed; 'run --dry-run' knows them."
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench list --tree                       the questions and their axes",
            "  gup-bench list --profile full --only 'check/*'",
            "  gup-bench list --only '=get-fast/4K/512' --params"
        })
final class ListCommand implements Callable<Integer> {
    @Mixin
    private CaseOptions asked = new CaseOptions();

    @Option(names = "--tree", description = "Draw names as a tree.")
    private boolean tree;

    @Option(names = "--params", description = "Show each case's program and parameters.")
    private boolean params;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        final Profile chosen = asked.profile();
        final List<String> only = asked.only();
        final MainJob.Scope scope = new MainJob.Scope(only, 0, asked.experiment(), Optional.empty());
        // A dump is not read for a list: its size changes no case.
        final List<Glob> globs = only.stream().map(Glob::new).toList();
        final List<PlannedCase> planned = scope
                .cases(
                        chosen,
                        List.of(
                                new Manifest.Measured(Layout.BASE_PAGES, ModelledProcess.SYNTHETIC_PAGES),
                                new Manifest.Measured(Layout.HUGE_PAGE, ModelledProcess.SYNTHETIC_PAGES),
                                new Manifest.Measured(Layout.BUNDLED, 1)))
                .stream()
                .filter(one -> globs.isEmpty()
                        || globs.stream()
                                .anyMatch(glob -> glob.matches(one.benchCase().id())))
                .toList();
        final ExtraQuestions extras = ExtraQuestions.of(chosen, scope);
        final List<CaseInfo> cases = Stream.concat(
                        planned.stream().map(one -> one.benchCase().info(one.forks())), extras.cases().stream())
                .sorted(Comparator.comparing(CaseInfo::id, new NaturalOrder()))
                .toList();
        if (cases.isEmpty()) {
            throw new BadInputException("no case matches " + only + " (gup-bench list --tree shows all of them)");
        }
        final RunPlan plan = RunPlan.shuffled(chosen, 0, planned);
        print(
                "profile " + chosen.name() + ": " + cases.size() + (cases.size() == 1 ? " case, " : " cases, ")
                        + (plan.forkRuns().size() + extras.forks()) + " forks, about "
                        + Progress.text(plan.estimate().plus(extras.estimate())),
                cases,
                extras);
        return ExitStatus.DONE;
    }

    private void print(final String title, final List<CaseInfo> cases, final ExtraQuestions extras) {
        final PrintWriter out = spec.commandLine().getOut();
        out.println(title);
        if (tree) {
            final TextTree names = new TextTree();
            cases.forEach(info -> names.add(info.id(), info.forks() + " x" + params(info)));
            names.lines().forEach(line -> out.println("  " + line));
        } else {
            cases.forEach(info -> out.println("  " + info.forks() + " x " + info.id() + params(info)));
        }
        if (!extras.isEmpty()) {
            out.println("many cases in one fork:");
            extras.lines().forEach(line -> out.println("  " + line));
        }
        final List<Subject> subjects = Stream.of(Subject.values())
                .filter(subject ->
                        cases.stream().anyMatch(info -> info.benchmark().equals(subject.benchmark())))
                .toList();
        if (!subjects.isEmpty()) {
            out.println("benchmarks of JMH (gup-bench jmh -lp shows their parameters):");
            subjects.forEach(subject -> out.println("  " + subject.benchmark() + "  " + subject.label()));
        }
        out.flush();
    }

    /** The program and its parameters as JMH and the results have them. */
    private String params(final CaseInfo info) {
        if (!params) {
            return "";
        }
        final StringBuilder text = new StringBuilder("  ").append(info.benchmark());
        info.params()
                .forEach((name, value) ->
                        text.append(' ').append(name).append('=').append(value));
        return text.toString();
    }
}
