package org.gup.bench.latency;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.gup.bench.mutate.Mutation;
import org.jspecify.annotations.Nullable;

/** What the other thread does meanwhile. */
enum Scenario {
    /** There is none. */
    ALONE("nobody else", "with nobody else", null),
    /** Unmaps and maps again. */
    MUNMAP("munmap, mmap, touch", "unmapping", Mutation.UNMAP),
    /** Write-protects and back. */
    MPROTECT("mprotect to read-only and back", "changing protections", Mutation.PROTECT),
    /** Forks: every entry is write-protected, and every page copied or taken over at its next use. */
    FORK("fork, exit of the child", "forking", Mutation.FORK),
    /** Moves pages to other frames. */
    MIGRATION("pages moved to other frames", "moving pages", Mutation.MIGRATE);

    private final String label;
    private final String doing;
    private final @Nullable Mutation mutation;

    Scenario(final String label, final String doing, final @Nullable Mutation mutation) {
        this.label = label;
        this.doing = doing;
        this.mutation = mutation;
    }

    /** The key of everything written about it. */
    String id() {
        return mutation == null ? "alone" : mutation.id();
    }

    String label() {
        return label;
    }

    /** What the other thread is doing, in a sentence. */
    String doing() {
        return doing;
    }

    Optional<Mutation> mutation() {
        return Optional.ofNullable(mutation);
    }

    static List<Scenario> all() {
        return Arrays.asList(values());
    }
}
