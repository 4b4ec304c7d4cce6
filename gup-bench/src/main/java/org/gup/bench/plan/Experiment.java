package org.gup.bench.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.paired.June2019;

/** A question that is asked by name, {@code run --experiment NAME}, in place of a profile's questions. */
public enum Experiment {
    /** The two alternatives to the test of v5.2, as they were measured on the list. */
    JUNE_2019(
            "june-2019",
            "the CMA test in the walk, or as a second pass: the mails of June 2019 once more, 64 to 512 pages a call") {
        @Override
        public List<Extras> extras(final Profile profile) {
            if (profile.equals(Profile.SMOKE)) {
                return List.of(new Extras(new CheckForks(CheckLadder.JUNE_2019, June2019.PAGES_PER_CALL, 8), 1, 3));
            }
            final boolean full = profile.equals(Profile.FULL);
            return June2019.SIZES.stream()
                    .map(size -> new Extras(
                            new CheckForks(CheckLadder.JUNE_2019, size, full ? 150 : 60), full ? 10 : 5, full ? 5 : 4))
                    .toList();
        }
    };

    private final String id;
    private final String asks;

    Experiment(final String id, final String asks) {
        this.id = id;
        this.asks = asks;
    }

    /**
     * The experiment of a name.
     *
     * @param id as on the command line
     * @return the experiment, if there is one
     */
    public static Optional<Experiment> named(final String id) {
        return Arrays.stream(values())
                .filter(experiment -> experiment.id.equals(id))
                .findFirst();
    }

    /**
     * The experiment that a case belongs to.
     *
     * @param caseId id of the case
     * @return the experiment, if it is none of a profile's cases
     */
    public static Optional<Experiment> ofCase(final String caseId) {
        return Arrays.stream(values())
                .filter(experiment -> caseId.startsWith(experiment.id + "/"))
                .findFirst();
    }

    /**
     * Its name; the ids of its cases begin with it.
     *
     * @return as on the command line
     */
    public String id() {
        return id;
    }

    /**
     * What it asks.
     *
     * @return a line
     */
    public String asks() {
        return asks;
    }

    /**
     * What it measures.
     *
     * @param profile how much time there is
     * @return in the order in which they run
     */
    public abstract List<Extras> extras(Profile profile);
}
