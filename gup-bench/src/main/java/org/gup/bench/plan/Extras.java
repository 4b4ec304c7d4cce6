package org.gup.bench.plan;

import java.util.List;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.migration.CmaForks;
import org.gup.bench.migration.MigrationForks;
import org.gup.bench.paired.CheckForks;

/**
 * The questions that are measured many cases at a time: what migration costs, what a check costs, what pins do to contiguous
 * memory.
 *
 * @param forks what a fork of it measures
 * @param count how many forks
 * @param seconds what a fork takes, roughly
 */
public record Extras(ExtraForks forks, int count, int seconds) {
    /**
     * Those of a profile.
     *
     * @param profile how much time there is
     * @return in the order in which they run; none for a profile that is not one of the three
     */
    public static List<Extras> of(final Profile profile) {
        if (profile.equals(Profile.SMOKE)) {
            return List.of(
                    new Extras(new MigrationForks(8), 1, 2),
                    new Extras(new CheckForks(512, 20), 1, 2),
                    new Extras(new CmaForks(40), 1, 1));
        }
        if (profile.equals(Profile.FULL)) {
            return List.of(
                    new Extras(new MigrationForks(120), 10, 12),
                    new Extras(new CheckForks(512, 250), 20, 4),
                    new Extras(new CheckForks(8, 250), 20, 5),
                    new Extras(new CmaForks(200), 1, 4));
        }
        if (!profile.equals(Profile.DEFAULT)) {
            return List.of();
        }
        return List.of(
                new Extras(new MigrationForks(50), 3, 6),
                new Extras(new CheckForks(512, 150), 5, 3),
                new Extras(new CmaForks(120), 1, 2));
    }
}
