import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs the memory-model tests on the class path and judges what jcstress recorded, outcome by outcome:
 *
 * <ol>
 *   <li>every test that was compiled in has run, with samples, and none ended in an error;
 *   <li>no test saw a forbidden outcome;
 *   <li>every weakened twin (a test with {@code Weak} in its name) did see an interesting outcome: without that, silence
 *       of the tests it stands beside proves nothing. A twin that saw none is run again for longer, twice at most.
 * </ol>
 *
 * <p>Exit status: 0 passed, 1 failed, 2 nothing to run or jcstress itself broke.
 *
 * <p>Usage: {@code java -cp <tests, jcstress> JcstressGate.java <work folder> [<milliseconds per iteration>]}
 */
public final class JcstressGate {
    private static final String EXPORTS = "--add-exports java.base/jdk.internal.misc=ALL-UNNAMED";
    private static final int ITERATIONS = 3;
    private static final int WEAK_ATTEMPTS = 3;
    private static final int WEAK_TIME_FACTOR = 4;
    private static final long RUN_TIMEOUT_MINUTES = 15;

    private JcstressGate() {}

    /** What the runs so far say about one test. */
    private static final class Verdict {
        final Map<String, Long> outcomes = new TreeMap<>();
        final Set<String> faults = new LinkedHashSet<>();
        long samples;
        long forbidden;
        long interesting;

        boolean isBlind() {
            return interesting == 0 && faults.isEmpty();
        }

        void add(final TestResult result) {
            if (result.status() != Status.NORMAL) {
                faults.add(result.status() + " " + firstOf(result.getMessages()) + firstOf(result.getVmErr()));
            }
            for (final GradingResult outcome : result.grading().gradingResults.values()) {
                samples += outcome.count;
                outcomes.merge("(" + outcome.id + ") " + outcome.expect, outcome.count, Long::sum);
                if (outcome.expect == Expect.FORBIDDEN || outcome.expect == Expect.UNKNOWN) {
                    forbidden += outcome.count;
                } else if (outcome.expect == Expect.ACCEPTABLE_INTERESTING) {
                    interesting += outcome.count;
                }
            }
            if (!result.grading().isPassed && forbidden == 0) {
                faults.addAll(result.grading().failureMessages);
            }
        }
    }

    public static void main(final String[] args) throws Exception {
        final Path work = Path.of(args[0]).toAbsolutePath();
        final int millis = args.length > 1 ? Integer.parseInt(args[1]) : 300;
        Files.createDirectories(work);
        final TreeSet<String> compiled = new TreeSet<>(TestList.tests());
        if (compiled.isEmpty()) {
            System.out.println("jcstress gate: META-INF/TestList names no test");
            System.exit(2);
        }

        final Map<String, Verdict> verdicts = new TreeMap<>();
        run(work.resolve("run-1"), "", millis, verdicts);
        for (int attempt = 2; attempt <= WEAK_ATTEMPTS; attempt++) {
            final List<String> blind = verdicts.entrySet().stream()
                    .filter(e -> isWeak(e.getKey()) && e.getValue().isBlind())
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toList());
            if (blind.isEmpty()) {
                break;
            }
            System.out.println("jcstress gate: nothing interesting yet, running for longer: " + blind);
            final String only =
                    blind.stream().map(n -> "^" + Pattern.quote(n) + "$").collect(Collectors.joining("|"));
            run(work.resolve("run-" + attempt), only, millis * WEAK_TIME_FACTOR * (attempt - 1), verdicts);
        }

        final List<String> failures = new ArrayList<>();
        verdicts.forEach((name, verdict) -> judge(name, verdict, failures));
        final TreeSet<String> missing = new TreeSet<>(compiled);
        missing.removeAll(verdicts.keySet());
        missing.forEach(name -> failures.add(name + ": compiled in, but did not run"));
        final long weak = verdicts.keySet().stream().filter(JcstressGate::isWeak).count();
        if (weak == 0) {
            failures.add("no weakened twin among the tests: nothing shows that this run could have seen a race");
        }

        System.out.printf(
                "jcstress gate: JDK %s, %d of %d tests run, %d weakened twins, %d failures%n",
                Runtime.version(), verdicts.size(), compiled.size(), weak, failures.size());
        failures.forEach(failure -> System.out.println("  FAILED " + failure));
        System.exit(failures.isEmpty() ? 0 : 1);
    }

    private static String firstOf(final List<String> lines) {
        return lines.stream().limit(4).map(String::strip).collect(Collectors.joining(" | "));
    }

    private static boolean isWeak(final String test) {
        return test.contains("Weak");
    }

    private static void judge(final String name, final Verdict verdict, final List<String> failures) {
        System.out.printf("%-72s %,12d samples  %s%n", name, verdict.samples, verdict.outcomes);
        verdict.faults.forEach(fault -> failures.add(name + ": " + fault));
        if (verdict.samples == 0) {
            failures.add(name + ": no samples");
        }
        if (verdict.forbidden > 0) {
            failures.add(name + ": forbidden outcomes seen " + verdict.forbidden + " times");
        }
        if (isWeak(name) && verdict.interesting == 0) {
            failures.add(name + ": a weakened twin that shows nothing interesting");
        }
    }

    /** Starts jcstress in {@code dir}, where it leaves its results, and adds them to {@code verdicts}. */
    private static void run(
            final Path dir, final String only, final int millis, final Map<String, Verdict> verdicts)
            throws Exception {
        Files.createDirectories(dir);
        deleteResults(dir);
        final File console = dir.resolve("console.txt").toFile();
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-jvmArgs",
                EXPORTS + " -Xmx256m",
                // One compilation mode, no pinning, one fork: the whole suite in about a minute on two cores.
                "-sc",
                "false",
                "-af",
                "NONE",
                "-f",
                "1",
                "-fsm",
                "1",
                "-iters",
                String.valueOf(ITERATIONS),
                "-time",
                String.valueOf(millis),
                "-r",
                dir.resolve("report").toString()));
        if (!only.isEmpty()) {
            command.addAll(List.of("-t", only));
        }
        final Process process = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(console)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        if (!process.waitFor(RUN_TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            broken("still running after " + RUN_TIMEOUT_MINUTES + " minutes", console);
        }
        // Its exit status says less than its results: read these first, and doubt it only where they are clean.
        final InProcessCollector collected = new InProcessCollector();
        final List<Path> files = results(dir);
        if (files.size() != 1) {
            broken("left " + files.size() + " result files, exit status " + process.exitValue(), console);
        }
        final DiskReadCollector reader = new DiskReadCollector(files.get(0).toString(), collected);
        reader.dump();
        reader.close();
        collected.getTestResults()
                .forEach(r -> verdicts.computeIfAbsent(r.getName(), n -> new Verdict()).add(r));
        final boolean clean =
                verdicts.values().stream().allMatch(v -> v.forbidden == 0 && v.faults.isEmpty());
        if (process.exitValue() != 0 && clean) {
            broken("exit status " + process.exitValue() + " with clean results", console);
        }
    }

    private static List<Path> results(final Path dir) throws IOException {
        final List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(dir, "jcstress-results-*.bin.gz")) {
            found.forEach(files::add);
        }
        return files;
    }

    private static void deleteResults(final Path dir) throws IOException {
        for (final Path file : results(dir)) {
            Files.delete(file);
        }
    }

    private static void broken(final String why, final File console) throws IOException {
        final List<String> lines = Files.readAllLines(console.toPath());
        lines.subList(Math.max(0, lines.size() - 60), lines.size()).forEach(System.out::println);
        System.out.println("jcstress gate: jcstress " + why);
        System.exit(2);
    }
}
