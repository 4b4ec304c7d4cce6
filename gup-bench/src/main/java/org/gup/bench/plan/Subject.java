package org.gup.bench.plan;

import java.util.Arrays;
import java.util.Optional;
import org.gup.bench.jmh.AtomicAdd;
import org.gup.bench.jmh.FastVersusSlow;

/** What is timed. */
public enum Subject {
    /** Get, lock-free walk first. */
    GET_FAST("get-fast", "getUserPagesFast", FastVersusSlow.class, "getFast"),
    /** The same once more: what differs is noise. */
    GET_FAST_AGAIN("get-fast-again", "getUserPagesFast again (A/A)", FastVersusSlow.class, "getFastAgain"),
    /** Get, slow path, mmap_sem held by the caller. */
    GET_SLOW("get-slow", "getUserPages", FastVersusSlow.class, "getSlow"),
    /** Get, slow path, mmap_sem taken in each call. */
    GET_SLOW_UNLOCKED("get-slow-unlocked", "getUserPagesUnlocked", FastVersusSlow.class, "getSlowUnlocked"),
    /** Put. */
    PUT("put", "putPages", FastVersusSlow.class, "put"),
    /** The baseline. */
    ATOMIC_ADD("atomic-add", "one atomic add per page", AtomicAdd.class, "onePerPage");

    private final String key;
    private final String label;
    private final String benchmark;

    Subject(final String key, final String label, final Class<?> benchmark, final String method) {
        this.key = key;
        this.label = label;
        this.benchmark = benchmark.getName() + "." + method;
    }

    /**
     * The subject of a benchmark.
     *
     * @param benchmark class and method
     * @return the subject, if there is one
     */
    public static Optional<Subject> of(final String benchmark) {
        return Arrays.stream(values())
                .filter(subject -> subject.benchmark.equals(benchmark))
                .findFirst();
    }

    /**
     * Its part of a case's id.
     *
     * @return a stable name
     */
    public String key() {
        return key;
    }

    /**
     * What a reader calls it.
     *
     * @return the method of the facade, if it is one
     */
    public String label() {
        return label;
    }

    /**
     * The JMH benchmark.
     *
     * @return class and method
     */
    public String benchmark() {
        return benchmark;
    }
}
