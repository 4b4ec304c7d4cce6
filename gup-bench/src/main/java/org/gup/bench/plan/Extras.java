package org.gup.bench.plan;

import java.util.List;
import org.gup.bench.count.CountForks;
import org.gup.bench.curve.CurveForks;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.latency.LatencyForks;
import org.gup.bench.migration.CmaForks;
import org.gup.bench.migration.MigrationForks;
import org.gup.bench.migration.StayForks;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.rejection.RejectionForks;

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
                    new Extras(new CurveForks(3), 1, 2),
                    new Extras(new MigrationForks(4), 1, 3),
                    new Extras(new StayForks(), 1, 1),
                    new Extras(new CmaForks(40), 1, 1),
                    new Extras(new CountForks(), 1, 2),
                    new Extras(new CheckForks(CheckLadder.ORDINARY, 512, 20), 1, 2),
                    new Extras(new RejectionForks(20), 1, 2),
                    new Extras(new LatencyForks(2, 30), 1, 2));
        }
        if (profile.equals(Profile.FULL)) {
            return List.of(
                    new Extras(new CurveForks(60), 10, 8),
                    new Extras(new MigrationForks(40), 10, 7),
                    new Extras(new StayForks(), 1, 1),
                    new Extras(new CmaForks(200), 1, 4),
                    new Extras(new CountForks(), 1, 2),
                    new Extras(new CheckForks(CheckLadder.ORDINARY, 512, 250), 20, 4),
                    new Extras(new CheckForks(CheckLadder.ORDINARY, 8, 150), 10, 4),
                    new Extras(new CheckForks(CheckLadder.DEVICE, 512, 150), 10, 4),
                    new Extras(new RejectionForks(200), 10, 4),
                    new Extras(new LatencyForks(4, 150), 10, 6));
        }
        if (!profile.equals(Profile.DEFAULT)) {
            return List.of();
        }
        return List.of(
                new Extras(new CurveForks(15), 3, 4),
                new Extras(new MigrationForks(20), 3, 5),
                new Extras(new StayForks(), 1, 1),
                new Extras(new CmaForks(120), 1, 2),
                new Extras(new CountForks(), 1, 2),
                new Extras(new CheckForks(CheckLadder.ORDINARY, 512, 150), 5, 3),
                new Extras(new RejectionForks(60), 3, 2),
                new Extras(new LatencyForks(4, 70), 3, 4));
    }
}
