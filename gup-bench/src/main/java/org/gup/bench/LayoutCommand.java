package org.gup.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.gup.GetUserPages;
import org.gup.bench.env.Scrubber;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.ModelledProcess;
import org.gup.bench.layout.PinReport;
import org.gup.bench.layout.PinSurvey;
import org.gup.bench.layout.PinSurvey.Call;
import org.gup.bench.layout.SnapshotRanges;
import org.gup.bench.layout.SpreadPlacement;
import org.gup.bench.results.JmhJson;
import org.gup.bench.text.Glob;
import org.gup.bench.text.Numbers;
import org.gup.fast.LeafGuard;
import org.gup.fast.LongtermCheck;
import org.gup.flags.FollFlags;
import org.gup.snapshot.ProcessSnapshot;
import org.gup.snapshot.SnapshotException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what pinning an address space takes. */
@Command(
        name = "layout",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Says what pinning all memory of a process takes: how many pages the lock-free walk gets, how many fall back, fault,"
                    + " move or are refused, and why.",
            "",
            "A model of the address space is asked, never the process itself: reading it needs the same user, or"
                    + " CAP_SYS_PTRACE; its frames are seen with CAP_SYS_ADMIN only, and do not matter here."
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench layout proc:1234                         for reading",
            "  gup-bench layout proc:1234 --write --longterm      as RDMA or VFIO pin a buffer",
            "  gup-bench layout proc:1234 --only '[heap]*' --mappings",
            "  gup-bench layout proc:1234 --save DIR/web          then: gup-bench run --layout file:DIR/web",
            "  gup-bench layout file:DIR/web --longterm --call checked --cma-percent 25"
        })
final class LayoutCommand implements Callable<Integer> {
    private static final int WHOLE = 100;

    @Parameters(
            paramLabel = "LAYOUT",
            description =
                    "proc:PID, proc:self, file:DIR/NAME (as --save leaves it), tables:bundled, tables:DIR/NAME, 4K or"
                            + " 2M.")
    private String layout = "";

    @Option(names = "--write", description = "FOLL_WRITE: for writing.")
    private boolean write;

    @Option(names = "--longterm", description = "FOLL_LONGTERM: to be held for long.")
    private boolean longterm;

    @Option(
            names = "--call",
            paramLabel = "CALL",
            defaultValue = "fast",
            description = "fast: get_user_pages_fast() of 5.2, which looks at contiguous memory in its slow path only."
                    + " checked: the same with a look in the walk, as from 5.7 on. slow: get_user_pages()"
                    + " (${DEFAULT-VALUE}).")
    private String call = "";

    @Option(
            names = "--cma-percent",
            paramLabel = "P",
            defaultValue = "0",
            description = "What if P of 100 ranges of 2 MiB were in contiguous memory (CMA)? A snapshot does not tell"
                    + " (${DEFAULT-VALUE}).")
    private int cmaPercent;

    @Option(
            names = "--only",
            paramLabel = "MAPPINGS",
            description =
                    "Only mappings of a process whose kind or name has this in it, or fits it if there is a star, or is it"
                            + " behind an equals sign. Repeatable.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--mappings", description = "A line for each mapping, not for each kind.")
    private boolean mappings;

    @Option(
            names = "--save",
            paramLabel = "DIR/NAME",
            description = "Record the process: NAME.maps.gz, NAME.smaps.gz, NAME.pagemap.csv.gz, NAME.devices.csv.gz."
                    + " Folders are taken out of paths.")
    private @Nullable Path save;

    @Option(names = "--csv", paramLabel = "FILE", description = "Every mapping, way and reason.")
    private @Nullable Path csv;

    @Option(names = "--json", paramLabel = "FILE", description = "The same.")
    private @Nullable Path json;

    @Mixin
    private Verbosity verbosity = new Verbosity();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        final Console console = verbosity.console(spec);
        final Layout asked = new Layout(layout);
        final Call chosen = chosenCall();
        check(asked);
        final List<String> remarks = new ArrayList<>();
        final PinReport report;
        try (ModelledProcess process = open(asked, remarks)) {
            remarks.addAll(process.notes());
            report = new PinReport(
                    asked.label(), question(), PinSurvey.of(process, calls(process, chosen), chosen, flags()));
        }
        write(csv, report.csv());
        write(json, JmhJson.pretty(report.json()));
        print(console, report, remarks);
        return ExitStatus.DONE;
    }

    private void check(final Layout asked) {
        final boolean known = asked.isDump() || asked.equals(Layout.BASE_PAGES) || asked.equals(Layout.HUGE_PAGE);
        if (!known) {
            throw new BadInputException("bad layout '" + layout + "': expected proc:PID, file:DIR/NAME, tables:bundled,"
                    + " tables:DIR/NAME, 4K or 2M");
        }
        if (cmaPercent < 0 || cmaPercent > WHOLE) {
            throw new BadInputException("bad --cma-percent '" + cmaPercent + "': expected 0 to " + WHOLE);
        }
        if (!asked.isProcess() && (save != null || !only.isEmpty() || cmaPercent > 0)) {
            throw new BadInputException(
                    "--save, --only and --cma-percent are for proc: and file:, got layout '" + layout + "'");
        }
    }

    private Call chosenCall() {
        for (final Call one : Call.values()) {
            if (one.name().toLowerCase(Locale.ROOT).equals(call)) {
                return one;
            }
        }
        throw new BadInputException("bad --call '" + call + "': expected fast, checked or slow");
    }

    private ModelledProcess open(final Layout asked, final List<String> remarks) {
        if (!asked.isProcess()) {
            return ModelledProcess.open(asked);
        }
        final ProcessSnapshot all = asked.snapshot();
        try {
            if (save != null) {
                save(all, save);
            }
            final ProcessSnapshot some =
                    SnapshotRanges.only(all, only.stream().map(Glob::new).toList());
            remark(some, remarks);
            return ModelledProcess.ofSnapshot(some, cmaPercent == 0 ? null : new SpreadPlacement(cmaPercent));
        } catch (final SnapshotException unusable) {
            throw new BadInputException("layout '" + layout + "': " + unusable.getMessage());
        }
    }

    private static void save(final ProcessSnapshot snapshot, final Path target) {
        final Path folder = target.toAbsolutePath().getParent();
        final Path file = target.getFileName();
        if (folder == null || file == null) {
            throw new BadInputException("bad --save '" + target + "': expected DIR/NAME");
        }
        snapshot.save(folder, file.toString());
    }

    private void remark(final ProcessSnapshot snapshot, final List<String> remarks) {
        final long runs = snapshot.frameRuns();
        if (runs > 0) {
            remarks.add("On the real machine its " + Numbers.count(snapshot.presentPages()) + " pages in memory lie in "
                    + Numbers.count(runs) + " runs of consecutive frames: a scatter list needs as many entries.");
        }
        if (cmaPercent > 0) {
            remarks.add("What if: " + cmaPercent + " of 100 ranges of 2 MiB are in contiguous memory.");
        }
    }

    private static GetUserPages calls(final ModelledProcess process, final Call chosen) {
        return chosen == Call.CHECKED
                ? new GetUserPages(process.memory(), LeafGuard.fused(LongtermCheck.CMA_IN_WALK))
                : new GetUserPages(process.memory());
    }

    private int flags() {
        return (write ? FollFlags.FOLL_WRITE : 0) | (longterm ? FollFlags.FOLL_LONGTERM : 0);
    }

    private String question() {
        return (write ? "for writing" : "for reading") + (longterm ? ", for long" : "");
    }

    private void print(final Console console, final PinReport report, final List<String> remarks) {
        final Scrubber scrubber = Scrubber.ofThisMachine();
        final PrintWriter out = console.out();
        final List<String> sentences = report.sentences();
        out.println(console.bold(sentences.get(0)));
        sentences.subList(1, sentences.size()).forEach(out::println);
        out.println();
        report.mappings(mappings).plain().forEach(out::println);
        out.println();
        report.reasons().plain().forEach(out::println);
        if (!console.quiet()) {
            out.println();
            report.notes().forEach(out::println);
            remarks.stream().map(scrubber::scrub).forEach(out::println);
        }
        out.flush();
    }

    private static void write(final @Nullable Path file, final String text) {
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, Scrubber.ofThisMachine().scrub(text));
        } catch (final IOException | InvalidPathException refused) {
            throw new BadInputException(
                    "cannot write '" + file + "': " + refused.getClass().getSimpleName());
        }
    }
}
