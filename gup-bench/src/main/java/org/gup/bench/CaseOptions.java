package org.gup.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.gup.bench.error.BadInputException;
import org.gup.bench.plan.Experiment;
import org.gup.bench.plan.Profile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cases a command is about. */
final class CaseOptions {
    @Option(
            names = "--profile",
            paramLabel = "PROFILE",
            defaultValue = "default",
            description = "smoke (under a minute), default (two minutes) or full (under an hour).")
    private String profile = "";

    @Option(
            names = "--only",
            paramLabel = "CASES",
            description =
                    "Only cases whose name has this in it, or fits it if there is a star, or is it behind an equals"
                            + " sign. Repeatable.")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--experiment",
            paramLabel = "NAME",
            description =
                    "A question of its own in place of the profile's: june-2019, the CMA test in the walk or as a second"
                            + " pass, beside the figures that were published.")
    private @Nullable String experiment;

    Profile profile() {
        return Profile.named(profile)
                .orElseThrow(
                        () -> new BadInputException("bad profile '" + profile + "': expected smoke, default or full"));
    }

    List<String> only() {
        return List.copyOf(only);
    }

    Optional<Experiment> experiment() {
        return Optional.ofNullable(experiment).map(Resumption::experiment);
    }
}
