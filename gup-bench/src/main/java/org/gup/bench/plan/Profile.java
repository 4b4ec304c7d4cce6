package org.gup.bench.plan;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How much time a run is given.
 *
 * @param name as on the command line
 * @param rounds forks of a headline case, one in each round
 * @param warmupIterations iterations that are not counted
 * @param iterations iterations that are
 * @param iterationTime time of each
 */
public record Profile(String name, int rounds, int warmupIterations, int iterations, Duration iterationTime) {
    /** The smallest set that answers the question at all, in less than a minute. */
    public static final Profile SMOKE = new Profile("smoke", 1, 5, 3, Duration.ofMillis(50));
    /** At most 40 forks in two and a half minutes. */
    public static final Profile DEFAULT = new Profile("default", 3, 6, 8, Duration.ofMillis(100));
    /** Every case four times, in less than an hour. */
    public static final Profile FULL = new Profile("full", 4, 6, 10, Duration.ofMillis(100));

    /** All of them, the shortest first. */
    public static final List<Profile> ALL = List.of(SMOKE, DEFAULT, FULL);

    /** What a fork costs besides its iterations: starting a JVM, building an address space. Measured on a quiet machine. */
    private static final Duration FORK_OVERHEAD = Duration.ofMillis(1300);

    /**
     * The profile of a name.
     *
     * @param name smoke, default or full
     * @return the profile, if there is one
     */
    public static Optional<Profile> named(final String name) {
        return ALL.stream().filter(profile -> profile.name.equals(name)).findFirst();
    }

    /**
     * How long one fork takes, roughly.
     *
     * @return the estimate
     */
    public Duration forkTime() {
        return FORK_OVERHEAD.plus(iterationTime.multipliedBy((long) warmupIterations + iterations));
    }
}
