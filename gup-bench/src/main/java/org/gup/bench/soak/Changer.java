package org.gup.bench.soak;

import java.util.SplittableRandom;
import org.gup.bench.mutate.Mutation;
import org.gup.bench.mutate.Mutator;
import org.gup.bench.mutate.SharedSpace;
import org.gup.task.Task;

/** Changes address spaces in every way. */
@SuppressWarnings("EnumOrdinal") // numbers of counters, in this package alone
final class Changer extends Worker {
    /** Behind one counter for each change: pages that were changed, again one for each. */
    static final int PAGES = Mutation.values().length;

    static final int COUNTERS = 2 * PAGES;

    private static final int MOST_PAGES = 64;
    private static final Mutation[] MUTATIONS = Mutation.values();

    private final Mutator mutator;

    Changer(final Soak soak, final int number, final Task task, final SplittableRandom random) {
        super(soak, "changer-" + number, task, random, COUNTERS);
        this.mutator = new Mutator(soak.machine(), task, random.split(), false);
    }

    @Override
    void step() {
        final Mutation mutation = MUTATIONS[random.nextInt(MUTATIONS.length)];
        doing(mutation.id());
        final SharedSpace space = anySpace();
        final int pages = mutator.apply(mutation, space, 1 + random.nextInt(Math.min(space.pages(), MOST_PAGES)));
        count(mutation.ordinal(), 1);
        count(PAGES + mutation.ordinal(), pages);
    }

    @Override
    void end() {
        doing("nothing more");
    }
}
