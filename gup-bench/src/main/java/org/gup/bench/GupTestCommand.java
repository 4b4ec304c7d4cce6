package org.gup.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.guptest.GupTestArea;
import org.gup.bench.guptest.GupTestCall;
import org.gup.bench.guptest.GupTestRequest;
import org.gup.bench.guptest.GupTestRequest.Advice;
import org.gup.bench.guptest.GupTestRequest.Backing;
import org.gup.bench.guptest.GupTestResult;
import org.gup.bench.results.JmhJson;
import org.gup.flags.FollFlags;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The kernel's tool on the model. Letters mean what they mean there; the last of several wins, as there. */
@Command(
        name = GupTestCommand.NAME,
        sortOptions = false,
        description = {
            "The kernel's gup_test on the model of 5.2: its options, its line.",
            "",
            "Differs from the kernel's: numbers are checked; a refused call ends with status 1 and its errno; the loop is"
                    + " warmed up first, or a JVM would be measured that still compiles. The pin commands came after 5.2."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:done",
            "1:a call was refused; its errno stands on stderr and in the JSON",
            "2:wrong usage, or a command that 5.2 has not"
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench gup_test -u -n 512 -r 5        get_user_pages_fast, 512 pages per call, 5 times",
            "  gup-bench gup_test -L -m 64 -t           longterm pins of 64 MiB of huge pages",
            "  gup-bench gup_test -U -F 0x10 --tap      get_user_pages with FOLL_FORCE, TAP output"
        })
final class GupTestCommand implements Callable<Integer> {
    static final String NAME = "gup_test";

    private static final String SCHEMA = "gup-bench-gup-test/1";
    private static final long MIB = 1L << 20;
    private static final int HUGE_MIB = 2;
    private static final int MOST_THREADS = 256;
    private static final int MOST_REPEATS = 1_000_000;
    private static final int MOST_MIB = 1 << 20;

    private GupTestCall call = GupTestCall.GUP_FAST_BENCHMARK;
    private Advice advice = Advice.DEFAULT;
    private boolean write = true;
    private @Nullable String refused;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    @Option(
            names = "-m",
            paramLabel = "MIB",
            defaultValue = "128",
            description = "Size of the area (${DEFAULT-VALUE}).")
    private int sizeMib;

    @Option(names = "-r", paramLabel = "N", defaultValue = "1", description = "Repeats (${DEFAULT-VALUE}).")
    private int repeats;

    @Option(
            names = "-n",
            paramLabel = "N",
            defaultValue = "1",
            description = "Pages per call; negative: all of them (${DEFAULT-VALUE}).")
    private int pagesPerCall;

    @Option(
            names = "-j",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads, each with all repeats on the same area (${DEFAULT-VALUE}).")
    private int threads;

    @Option(
            names = "-F",
            paramLabel = "FLAGS",
            defaultValue = "0",
            description = "Extra FOLL_* flags as 5.2 numbers them, decimal, 0x or 0 octal.")
    private String extraFlags = "0";

    @Option(
            names = "-f",
            paramLabel = "FILE",
            defaultValue = "/dev/zero",
            description = "What to map: /dev/zero, or any other name for a modelled file of the area's size"
                    + " (${DEFAULT-VALUE}).")
    private String file = "";

    @Option(names = "-S", description = "MAP_SHARED instead of MAP_PRIVATE.")
    private boolean shared;

    @Option(names = "-H", description = "MAP_HUGETLB | MAP_ANONYMOUS.")
    private boolean hugetlb;

    @Option(names = "-z", description = "Do not write every page first; adds 0x2, FOLL_TOUCH, as the tool does.")
    private boolean noPrefault;

    @Option(names = "--tap", description = "TAP, as the tool has it since 6.8.")
    private boolean tap;

    @Option(names = "--bench-line", description = "The line of gup_bench, as proposed in 2026.")
    private boolean benchLine;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Nanoseconds, errno and page counts of every pass, too.")
    private @Nullable Path json;

    @Option(names = "--cold", description = "No warm-up.")
    private boolean cold;

    @Parameters(hidden = true, description = "Pages for -c, which 5.2 has not.")
    private List<String> pageIndices = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Option(names = "-u", description = "GUP_FAST_BENCHMARK: get_user_pages_fast (the default).")
    void fast(final boolean chosen) {
        choose(chosen, GupTestCall.GUP_FAST_BENCHMARK);
    }

    @Option(names = "-L", description = "GUP_LONGTERM_BENCHMARK: get_user_pages with FOLL_LONGTERM, as -L was in 5.2.")
    void longterm(final boolean chosen) {
        choose(chosen, GupTestCall.GUP_LONGTERM_BENCHMARK);
    }

    @Option(names = "-U", description = "GUP_BENCHMARK: get_user_pages.")
    void slow(final boolean chosen) {
        choose(chosen, GupTestCall.GUP_BENCHMARK);
    }

    @Option(names = "-a", description = "PIN_FAST_BENCHMARK: refused, came with 5.6.")
    void pinFast(final boolean chosen) {
        refuse(chosen, "-a", "PIN_FAST_BENCHMARK");
    }

    @Option(names = "-b", description = "PIN_BASIC_TEST: refused, came with 5.6.")
    void pinBasic(final boolean chosen) {
        refuse(chosen, "-b", "PIN_BASIC_TEST");
    }

    @Option(names = "-c", description = "DUMP_USER_PAGES_TEST: refused, came with 5.11.")
    void dump(final boolean chosen) {
        refuse(chosen, "-c", "DUMP_USER_PAGES_TEST");
    }

    @Option(names = "-p", description = "Pin for -c: refused, came with 5.11.")
    void pin(final boolean chosen) {
        refuse(chosen, "-p", "pinning");
    }

    @Option(names = "-w", description = "FOLL_WRITE (the default).")
    void write(final boolean chosen) {
        write = chosen || write;
    }

    @Option(names = "-W", description = "No FOLL_WRITE.")
    void readOnly(final boolean chosen) {
        write = !chosen && write;
    }

    @Option(names = "-t", description = "MADV_HUGEPAGE.")
    void hugePages(final boolean chosen) {
        advice = chosen ? Advice.HUGEPAGE : advice;
    }

    @Option(names = "-T", description = "MADV_NOHUGEPAGE.")
    void noHugePages(final boolean chosen) {
        advice = chosen ? Advice.NOHUGEPAGE : advice;
    }

    private void choose(final boolean chosen, final GupTestCall wanted) {
        if (chosen) {
            call = wanted;
            refused = null;
        }
    }

    private void refuse(final boolean chosen, final String letter, final String what) {
        if (chosen) {
            refused = letter + ": " + what + " is not in 5.2, which has no pins; use -u, -L or -U";
        }
    }

    @Override
    public Integer call() {
        if (refused != null) {
            throw new BadInputException(refused);
        }
        if (!pageIndices.isEmpty()) {
            throw new BadInputException("'" + String.join(" ", pageIndices)
                    + "': page indices belong to -c, DUMP_USER_PAGES_TEST, which is not in 5.2");
        }
        final GupTestRequest request = request();
        final PrintWriter out = spec.commandLine().getOut();
        final List<GupTestResult> results = Collections.synchronizedList(new ArrayList<>());
        try (GupTestArea area = new GupTestArea(request)) {
            if (tap) {
                out.println("TAP version 13");
                out.println("1.." + threads);
            }
            runThreads(area, result -> {
                results.add(result);
                synchronized (out) {
                    out.println((tap ? "# " : "") + (benchLine ? result.benchLine(request) : result.line(request)));
                    out.flush();
                }
            });
        }
        final List<GupTestResult> ordered = results.stream()
                .sorted(Comparator.comparingInt(GupTestResult::thread).thenComparingInt(GupTestResult::repeat))
                .toList();
        if (tap) {
            tapResults(out, ordered);
        }
        out.flush();
        if (json != null) {
            write(json, request, ordered);
        }
        return verdict(ordered);
    }

    private int verdict(final List<GupTestResult> results) {
        for (final GupTestResult result : results) {
            if (result.failed()) {
                spec.commandLine()
                        .getErr()
                        .println("gup-bench: " + call + " returned " + result.errno() + " after " + result.pages()
                                + " pages");
                spec.commandLine().getErr().flush();
                return ExitStatus.FAILURE;
            }
        }
        return ExitStatus.DONE;
    }

    private void tapResults(final PrintWriter out, final List<GupTestResult> results) {
        int passed = 0;
        for (int thread = 0; thread < threads; thread++) {
            final int of = thread;
            final boolean failed = results.stream().anyMatch(result -> result.thread() == of && result.failed());
            out.println((failed ? "not ok " : "ok ") + (thread + 1) + " ioctl status " + (failed ? 1 : 0));
            passed += failed ? 0 : 1;
        }
        out.println("# Totals: pass:" + passed + " fail:" + (threads - passed) + " xfail:0 xpass:0 skip:0 error:0");
    }

    private void runThreads(final GupTestArea area, final Consumer<GupTestResult> each) {
        final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        final List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            final int number = i;
            final Thread thread = new Thread(() -> area.run(number, repeats, each), "gup_test-" + i);
            thread.setUncaughtExceptionHandler((failed, why) -> failures.add(why));
            running.add(thread);
        }
        running.forEach(Thread::start);
        for (final Thread thread : running) {
            try {
                thread.join();
            } catch (final InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(stop);
            }
        }
        if (!failures.isEmpty()) {
            if (failures.get(0) instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IllegalStateException(failures.get(0));
        }
    }

    private GupTestRequest request() {
        within("-m", sizeMib, 1, MOST_MIB);
        within("-r", repeats, 1, MOST_REPEATS);
        within("-j", threads, 1, MOST_THREADS);
        if (pagesPerCall == 0) {
            throw new BadInputException("bad -n '0': expected pages per call, or a negative number for all");
        }
        final int mib = hugetlb ? (sizeMib + HUGE_MIB - 1) / HUGE_MIB * HUGE_MIB : sizeMib;
        final long arrays = 2 * 8 * (mib * MIB / GupTestRequest.PAGE_BYTES) * threads;
        if (arrays > Runtime.getRuntime().maxMemory() / 2) {
            throw new BadInputException("-m " + sizeMib + " -j " + threads + ": arrays of " + arrays / MIB
                    + " MiB do not fit in this JVM's heap; start it with a larger -Xmx");
        }
        return new GupTestRequest(
                call,
                mib * MIB,
                pagesPerCall,
                flags() | (write ? FollFlags.FOLL_WRITE : 0) | (noPrefault ? FollFlags.FOLL_TOUCH : 0),
                hugetlb ? Backing.HUGETLB : file.equals("/dev/zero") ? Backing.ZERO : Backing.FILE,
                shared,
                advice,
                !noPrefault,
                !cold);
    }

    private static void within(final String option, final int value, final int least, final int most) {
        if (value < least || value > most) {
            throw new BadInputException("bad " + option + " '" + value + "': expected " + least + " to " + most);
        }
    }

    private int flags() {
        final long flags;
        try {
            flags = Long.decode(extraFlags);
        } catch (final NumberFormatException noNumber) {
            throw new BadInputException("bad -F '" + extraFlags + "': expected a number, such as 0x10 for FOLL_FORCE");
        }
        if (flags < 0 || flags >= FollFlags.FOLL_LONGTERM << 1) {
            throw new BadInputException("bad -F '" + extraFlags + "': 5.2 knows flags below 0x20000");
        }
        final boolean longterm = call == GupTestCall.GUP_LONGTERM_BENCHMARK || (flags & FollFlags.FOLL_LONGTERM) != 0;
        if (longterm && (flags & (FollFlags.FOLL_MLOCK | FollFlags.FOLL_POPULATE)) == FollFlags.FOLL_MLOCK) {
            throw new BadInputException("bad -F '" + extraFlags + "': FOLL_MLOCK leaves holes in the array, at which a"
                    + " long-term pin looks; 5.2 would oops");
        }
        return (int) flags;
    }

    private static void write(final Path file, final GupTestRequest request, final List<GupTestResult> results) {
        final JsonObject root = new JsonObject();
        root.addProperty("schema", SCHEMA);
        root.addProperty("command", request.call().name());
        root.addProperty("sizeBytes", request.sizeBytes());
        root.addProperty("pagesPerCall", request.step());
        root.addProperty("gupFlags", FollFlags.describe(request.gupFlags()));
        final JsonArray passes = new JsonArray();
        results.forEach(result -> passes.add(result.json()));
        root.add("passes", passes);
        AtomicFile.write(file, JmhJson.pretty(root));
    }
}
