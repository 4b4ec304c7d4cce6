package org.gup.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.gup.bench.compare.Comparability;
import org.gup.bench.env.Environment;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.NotComparableException;
import org.gup.bench.plan.Experiment;
import org.gup.bench.plan.ForkRun;
import org.gup.bench.plan.Profile;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.results.UnfinishedRun;
import org.gup.bench.run.ForkArguments;

/** What must be as it was for a run to go on: the program, the JVM, the machine, and the plan that comes from its seed. */
final class Resumption {
    private static final String UNPACKED = "not a jar";

    private Resumption() {}

    /** Adds to a plan what its request can be made from again, and what must not have changed. */
    static void write(final MainJob.Request request, final RunPlan plan, final JsonObject json) {
        final JsonArray layouts = new JsonArray();
        request.layouts().forEach(layout -> layouts.add(layout.name()));
        json.add("layoutNames", layouts);
        final JsonArray only = new JsonArray();
        request.scope().only().forEach(only::add);
        json.add("only", only);
        json.addProperty("sameCodePairs", request.scope().sameCodePairs());
        request.scope().experiment().ifPresent(experiment -> json.addProperty("experiment", experiment.id()));
        request.scope().shard().ifPresent(shard -> json.addProperty("shard", shard.toString()));
        json.addProperty("program", program());
        final JsonArray order = new JsonArray();
        order(plan).forEach(order::add);
        json.add("order", order);
    }

    /** The request that a run was started with. */
    static MainJob.Request request(final UnfinishedRun unfinished, final List<String> arguments) {
        final JsonObject plan = unfinished.plan();
        final String profile = plan.get("profile").getAsString();
        final List<String> only = new ArrayList<>();
        plan.getAsJsonArray("only").forEach(glob -> only.add(glob.getAsString()));
        return new MainJob.Request(
                Profile.named(profile)
                        .orElseThrow(() -> new BadInputException(
                                "'" + unfinished.folder() + "': there is no profile '" + profile + "'")),
                MainJob.layouts(plan.getAsJsonArray("layoutNames")),
                unfinished.folder(),
                Optional.empty(),
                plan.get("seed").getAsLong(),
                arguments,
                new MainJob.Scope(
                        only,
                        plan.get("sameCodePairs").getAsInt(),
                        Optional.ofNullable(plan.get("experiment"))
                                .map(JsonElement::getAsString)
                                .map(Resumption::experiment),
                        Optional.ofNullable(plan.get("shard"))
                                .map(JsonElement::getAsString)
                                .map(Resumption::shard)));
    }

    /** Finds an experiment by its name. */
    static Experiment experiment(final String name) {
        return Experiment.named(name)
                .orElseThrow(() -> new BadInputException("bad experiment '" + name + "': expected "
                        + String.join(
                                " or ",
                                Arrays.stream(Experiment.values())
                                        .map(Experiment::id)
                                        .toList())));
    }

    /** Reads {@code i/n}. */
    static MainJob.Shard shard(final String text) {
        final String[] numbers = text.split("/", -1);
        try {
            final int part = Integer.parseInt(numbers[0]);
            final int parts = numbers.length == 2 ? Integer.parseInt(numbers[1]) : 0;
            if (part >= 1 && part <= parts) {
                return new MainJob.Shard(part, parts);
            }
        } catch (final NumberFormatException noNumber) {
            // Said below.
        }
        throw new BadInputException("bad shard '" + text + "': expected I/N with I from 1 to N");
    }

    /** Refuses to mix forks of different programs, JVMs or machines. */
    static void checkSameWorld(final UnfinishedRun unfinished) {
        final List<String> differences = new ArrayList<>(Comparability.differences(
                unfinished.plan().getAsJsonObject("environment"),
                Environment.facts(List.of(), ForkArguments.forThisJdk()),
                true));
        final String program = unfinished.plan().get("program").getAsString();
        if (!program.equals(program())) {
            differences.add("program: another gup-bench.jar");
        }
        if (!differences.isEmpty()) {
            throw new NotComparableException("'" + unfinished.folder() + "' cannot go on: "
                    + String.join("; ", differences) + " (--allow-different goes on all the same)");
        }
    }

    /** Refuses to go on if the same request gives another plan than it did, as in another version of this program. */
    static void checkSamePlan(final UnfinishedRun unfinished, final RunPlan plan) {
        final List<String> before = new ArrayList<>();
        unfinished.plan().getAsJsonArray("order").forEach(fork -> before.add(fork.getAsString()));
        if (!before.equals(order(plan))) {
            throw new NotComparableException(
                    "'" + unfinished.folder() + "' cannot go on: this gup-bench plans other forks for it");
        }
    }

    private static List<String> order(final RunPlan plan) {
        return plan.forkRuns().stream().map(Resumption::name).toList();
    }

    private static String name(final ForkRun forkRun) {
        return forkRun.order() + " " + forkRun.round() + " "
                + forkRun.benchCase().id();
    }

    /** The hash of the jar that this is. */
    private static String program() {
        try {
            final Path source = Path.of(Main.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return Files.isRegularFile(source)
                    ? HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(source)))
                    : UNPACKED;
        } catch (final URISyntaxException | IOException | NoSuchAlgorithmException unknown) {
            return UNPACKED;
        }
    }
}
