package org.gup.bench.count;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.error.BenchmarkFailedException;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.migration.Scenario;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.shim.ShimClassLoader;

/**
 * What calls do to memory, as rows beside those that were timed. The score of a row is the locked operations of a call, for each
 * page asked for; its counters hold every {@link Operation}. Nothing is timed: the numbers are the same on every machine.
 */
public final class CountForks implements ExtraForks {
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "count/";
    /** What the ids of calls that migrate begin with; the name of the scenario follows. */
    public static final String MIGRATE = PREFIX + "migrate/";
    /** What the names of counters of a whole call begin with. */
    public static final String CALL = "call/";
    /** What the names of counters begin with that hold what each further page of a walk costs. */
    public static final String PAGE = "page/";
    /** Counter of the pages that a call moved, a huge page counting once. */
    public static final String MOVED = "moved";
    /** Counter of the pages that a call asked for. */
    public static final String PAGES = "pages";

    private static final int WALKED = 512;
    private static final int HALF = WALKED / 2;

    @Override
    public String name() {
        return "operations of calls";
    }

    @Override
    public boolean isForked() {
        return false;
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        final List<CaseInfo> cases = new ArrayList<>();
        for (final Walk walk : Walk.values()) {
            cases.add(info(walk.id(), walk.label(), WALKED, forks));
        }
        for (final Scenario scenario : Scenario.all()) {
            cases.add(info(MIGRATE + scenario.id(), scenario.label(), scenario.pages(), forks));
        }
        return cases;
    }

    private static CaseInfo info(final String id, final String label, final int pages, final int forks) {
        return new CaseInfo(
                id,
                label,
                CallCounts.class.getName(),
                new TreeMap<>(Map.of(
                        "call",
                        id.substring(PREFIX.length()),
                        "pagesPerCall",
                        Integer.toString(pages),
                        "unit",
                        "locked operations/page")),
                0,
                forks);
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        final Instant started = Instant.now();
        final long startNanos = System.nanoTime();
        final Map<String, SortedMap<String, Double>> counters = counters(counted());
        final long tookMillis = (System.nanoTime() - startNanos) / 1_000_000;
        final List<ForkRow> rows = new ArrayList<>();
        counters.forEach((id, ofCase) -> rows.add(new ForkRow(
                id,
                order,
                round,
                0,
                started.toString(),
                tookMillis,
                List.of(of(ofCase, CALL + Operation.LOCKED.counter()) / of(ofCase, PAGES)),
                ofCase,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                List.of())));
        return Outcome.of(rows);
    }

    /** Counters of each row, from what was counted of each call. */
    private static Map<String, SortedMap<String, Double>> counters(final Map<String, Map<String, Long>> counted) {
        final Map<String, SortedMap<String, Double>> rows = new LinkedHashMap<>();
        for (final Walk walk : Walk.values()) {
            final SortedMap<String, Double> row = row(of(counted, walk.id() + "/" + WALKED), WALKED);
            final Map<String, Long> half = of(counted, walk.id() + "/" + HALF);
            for (final Operation operation : Operation.values()) {
                final double whole = of(row, CALL + operation.counter());
                row.put(PAGE + operation.counter(), (whole - of(half, operation.counter())) / (WALKED - HALF));
            }
            rows.put(walk.id(), row);
        }
        for (final Scenario scenario : Scenario.all()) {
            final Map<String, Long> call = of(counted, MIGRATE + scenario.id());
            final SortedMap<String, Double> row = row(call, scenario.pages());
            row.put(MOVED, (double) of(call, MOVED));
            rows.put(MIGRATE + scenario.id(), row);
        }
        return rows;
    }

    private static SortedMap<String, Double> row(final Map<String, Long> call, final int pages) {
        final SortedMap<String, Double> row = new TreeMap<>();
        row.put(PAGES, (double) pages);
        for (final Operation operation : Operation.values()) {
            row.put(CALL + operation.counter(), (double) of(call, operation.counter()));
        }
        return row;
    }

    /** What was counted under a name: everything that is asked for was. */
    private static <T> T of(final Map<String, T> counted, final String name) {
        final T found = counted.get(name);
        if (found == null) {
            throw new IllegalStateException("nothing was counted of " + name);
        }
        return found;
    }

    /** Counts, in the class loader in which accesses are seen. */
    @SuppressWarnings("unchecked") // what the twin of CallCounts answers is what CallCounts says
    static Map<String, Map<String, Long>> counted() {
        final Thread thread = Thread.currentThread();
        final ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(ShimClassLoader.instance());
        try {
            final Method all = Class.forName(CallCounts.class.getName(), true, ShimClassLoader.instance())
                    .getDeclaredMethod("all");
            all.setAccessible(true);
            return (Map<String, Map<String, Long>>) all.invoke(null);
        } catch (final InvocationTargetException thrown) {
            final Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
            throw new BenchmarkFailedException("the operations of calls could not be counted: " + cause, cause);
        } catch (final ReflectiveOperationException impossible) {
            throw new IllegalStateException("CallCounts has no twin", impossible);
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
