package org.gup.bench.env;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How busy the machine is at one moment. Ticks count since boot; -1 is unknown.
 *
 * @param load1 load average of the last minute; NaN if unknown
 * @param stealTicks time that the hypervisor gave to somebody else
 * @param busyTicks time that the CPUs worked, stolen time not included
 * @param totalTicks all time of all CPUs
 * @param ownTicks time that the CPUs worked for this JVM and for those it has started and seen end
 */
public record MachineState(double load1, long stealTicks, long busyTicks, long totalTicks, long ownTicks) {
    /** Share of stolen time from which a fork counts as disturbed. */
    public static final double STEAL_LIMIT = 0.02;
    /** CPUs that others keep busy from which a fork counts as disturbed. */
    public static final double OTHERS_LIMIT = 0.25;

    private static final long UNKNOWN = -1;

    // Fields of the first line of /proc/stat. Behind steal come guest and guest_nice, which are part of user and nice.
    private static final int IDLE = 4;
    private static final int IOWAIT = 5;
    private static final int STEAL = 8;

    // Fields of /proc/self/stat behind the command's name: utime, stime, cutime, cstime.
    private static final int FIRST_TIME = 12;
    private static final int TIMES = 4;

    /**
     * The state now, from {@code /proc}, or from the JVM where there is none.
     *
     * @return the state
     */
    public static MachineState now() {
        return parse(
                SystemFiles.firstLine("/proc/loadavg"),
                SystemFiles.firstLine("/proc/stat"),
                SystemFiles.firstLine("/proc/self/stat"));
    }

    static MachineState parse(
            final Optional<String> loadavg, final Optional<String> cpuLine, final Optional<String> selfStat) {
        final double load1 = loadavg.map(line -> number(line.split(" ", -1)[0])).orElseGet(MachineState::loadOfJvm);
        final String[] ticks = cpuLine.orElse("").split("\\s+", -1);
        if (ticks.length <= STEAL || !ticks[0].equals("cpu")) {
            return new MachineState(load1, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);
        }
        long total = 0;
        for (int field = 1; field <= STEAL; field++) {
            total += (long) number(ticks[field]);
        }
        final long steal = (long) number(ticks[STEAL]);
        final long idle = (long) (number(ticks[IDLE]) + number(ticks[IOWAIT]));
        return new MachineState(load1, steal, total - idle - steal, total, ownTicks(selfStat));
    }

    private static long ownTicks(final Optional<String> selfStat) {
        // The name is in parentheses and may hold anything, even parentheses.
        final String line = selfStat.orElse("");
        final String[] fields = line.substring(line.lastIndexOf(')') + 1).split(" ", -1);
        if (fields.length < FIRST_TIME + TIMES) {
            return UNKNOWN;
        }
        long own = 0;
        for (int field = FIRST_TIME; field < FIRST_TIME + TIMES; field++) {
            own += (long) number(fields[field]);
        }
        return own;
    }

    private static double loadOfJvm() {
        final double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        return load < 0 ? Double.NaN : load;
    }

    private static double number(final String text) {
        try {
            return Double.parseDouble(text);
        } catch (final NumberFormatException unreadable) {
            return Double.NaN;
        }
    }

    /**
     * The share of all CPU time since an earlier state that was stolen.
     *
     * @param before the earlier state
     * @return 0 to 1; NaN if unknown
     */
    public double stealSince(final MachineState before) {
        final long ticks = totalTicks - before.totalTicks;
        return stealTicks == UNKNOWN || before.stealTicks == UNKNOWN || ticks <= 0
                ? Double.NaN
                : (double) (stealTicks - before.stealTicks) / ticks;
    }

    /**
     * How many CPUs others kept busy since an earlier state, on average.
     *
     * @param before the earlier state
     * @param cpus processors of the machine
     * @return 0 or more; NaN if unknown
     */
    public double othersSince(final MachineState before, final int cpus) {
        final long ticks = totalTicks - before.totalTicks;
        if (ownTicks == UNKNOWN || before.ownTicks == UNKNOWN || ticks <= 0) {
            return Double.NaN;
        }
        final long others = (busyTicks - before.busyTicks) - (ownTicks - before.ownTicks);
        return Math.max(0, (double) others * cpus / ticks);
    }

    /**
     * What may have disturbed a fork that ran from an earlier state to this one. The load average is a minute late and
     * counts the fork itself: it is asked only where others' CPU time is unknown.
     *
     * @param before the earlier state
     * @param cpus processors of the machine
     * @return a sentence for each, naming the value; empty if nothing did
     */
    public List<String> disturbancesSince(final MachineState before, final int cpus) {
        final List<String> found = new ArrayList<>();
        final double others = othersSince(before, cpus);
        final double load = Math.max(before.load1, load1);
        if (others > OTHERS_LIMIT) {
            found.add(String.format(Locale.ROOT, "others kept %.1f of %d CPUs busy", others, cpus));
        } else if (Double.isNaN(others) && load > cpus) {
            found.add("load average " + load + " on " + cpus + " CPUs");
        }
        final double steal = stealSince(before);
        if (steal > STEAL_LIMIT) {
            found.add(String.format(Locale.ROOT, "%.1f %% of the CPU time was stolen", 100 * steal));
        }
        return found;
    }
}
