package org.gup.bench.compare;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.gup.bench.results.Run;

/**
 * Whether the numbers of two runs may stand beside each other. What a machine, a JDK and their settings are is asked; what
 * was measured about them, such as a clock rate, never is.
 *
 * @param level how far they may be trusted
 * @param refusals what differs and forbids a comparison
 * @param flags what differs or is odd, and is said
 */
public record Comparability(Level level, List<String> refusals, List<String> flags) {
    /** The classes. */
    public enum Level {
        /** Nothing differs that is known to matter. */
        SAME,
        /** Something differs that may matter. */
        FLAGGED,
        /** Something differs that does matter. */
        REFUSED
    }

    /** Differences of the size of memory up to here come from how it is counted. */
    private static final double MEMORY_SLACK = 0.01;

    private record Fact(String what, String group, String name) {
        String in(final JsonObject environment) {
            return Run.fact(environment, group, name);
        }
    }

    private static final List<Fact> REFUSING = List.of(
            new Fact("CPU", "cpu", "model"),
            new Fact("number of CPUs", "cpu", "logicalCpus"),
            new Fact("architecture", "os", "arch"),
            new Fact("JDK", "jdk", "vmVersion"),
            new Fact("JVM flags", "jdk", "forkArguments"),
            new Fact("transparent huge pages", "memory", "thp"));

    private static final List<Fact> FLAGGING = List.of(
            new Fact("microcode", "cpu", "microcode"),
            new Fact("CPU governor", "cpu", "governor"),
            new Fact("hypervisor", "cpu", "hypervisor"),
            new Fact("kernel", "os", "version"));

    /** Copies the lists. */
    public Comparability {
        refusals = List.copyOf(refusals);
        flags = List.copyOf(flags);
    }

    /**
     * Judges two runs.
     *
     * @param base the one
     * @param other the other
     * @return their class, with a sentence for each reason
     */
    public static Comparability of(final Run base, final Run other) {
        final List<String> refusals = new ArrayList<>();
        final List<String> flags = new ArrayList<>();
        REFUSING.forEach(fact -> differs(fact, base, other, refusals));
        FLAGGING.forEach(fact -> differs(fact, base, other, flags));
        memory(base, other, flags);
        if (!base.profile().equals(other.profile())) {
            flags.add("profile: " + base.profile() + ", " + other.profile() + " (warm-up and iterations differ)");
        }
        for (final Run run : List.of(base, other)) {
            oddities(run, flags);
        }
        return new Comparability(
                !refusals.isEmpty() ? Level.REFUSED : !flags.isEmpty() ? Level.FLAGGED : Level.SAME, refusals, flags);
    }

    /**
     * What must be equal for forks to belong to one run, as after a break or in another shard's job.
     *
     * @param base an environment
     * @param other another
     * @param sameMachine whether they must be of one machine
     * @return a sentence for each difference
     */
    public static List<String> differences(final JsonObject base, final JsonObject other, final boolean sameMachine) {
        final List<String> found = new ArrayList<>();
        for (final Fact fact : REFUSING) {
            final boolean ofMachine = fact.group.equals("cpu") || fact.group.equals("memory");
            final String one = fact.in(base);
            final String two = fact.in(other);
            if (!one.equals(two) && (sameMachine || !ofMachine)) {
                found.add(fact.what + ": " + one + ", " + two);
            }
        }
        return found;
    }

    private static void differs(final Fact fact, final Run base, final Run other, final List<String> found) {
        final String one = fact.in(base.environment());
        final String two = fact.in(other.environment());
        // What an older version did not record differs from nothing.
        if (!one.equals(two) && !one.equals("unknown") && !two.equals("unknown")) {
            found.add(fact.what + ": " + one + ", " + two);
        }
    }

    private static void memory(final Run base, final Run other, final List<String> flags) {
        final double one = bytes(base);
        final double two = bytes(other);
        if (Math.abs(one - two) > MEMORY_SLACK * Math.max(one, two)) {
            flags.add("memory: " + gib(one) + ", " + gib(two));
        }
    }

    private static double bytes(final Run run) {
        final String total = run.fact("memory", "totalBytes");
        return total.equals("unknown") ? Double.NaN : Double.parseDouble(total);
    }

    private static String gib(final double bytes) {
        return Math.round(bytes / (1L << 30)) + " GiB";
    }

    private static void oddities(final Run run, final List<String> flags) {
        if (run.status() != Run.Status.COMPLETE) {
            flags.add(run.name() + " is not complete: " + run.status().word());
        }
        if (run.environments().size() > 1) {
            flags.add(run.name() + " comes from " + run.environments().size() + " machines");
        }
        if (run.fact("gitDirty").equals("yes")) {
            flags.add(run.name() + " was built from uncommitted changes");
        }
        final int disturbed = run.disturbedJvms();
        if (disturbed > 0) {
            flags.add(run.name() + ": " + disturbed + " of " + run.jvms() + " JVMs were disturbed");
        }
    }
}
