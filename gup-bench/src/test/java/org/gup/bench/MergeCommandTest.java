package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.migration.MigrationForks;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.JmhJson;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergeCommandTest {
    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int merge(final Path... parts) {
        final List<String> arguments = new ArrayList<>(
                List.of("merge", "-q", "--results", temp.resolve("results").toString(), "--name", "sweep"));
        Arrays.stream(parts).forEach(part -> arguments.add(part.toString()));
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(String[]::new));
    }

    /** A part of a run, as --shard leaves it. */
    private Path part(final String name, final TestRuns whole, final Predicate<ForkRow> mine) throws IOException {
        final Run all = whole.run(name);
        final List<ForkRow> forks = all.forks().stream().filter(mine).toList();
        final Run part = new Run(
                name,
                Run.Status.SHARD,
                all.profile(),
                all.seed(),
                Run.rows(all.planned(), forks),
                all.planned(),
                all.environments(),
                all.layouts());
        final Path folder = Files.createDirectories(temp.resolve(name));
        Files.writeString(folder.resolve("rounds.json"), JmhJson.pretty(part.roundsJson()));
        Files.writeString(folder.resolve("environment.json"), JmhJson.pretty(part.environment()));
        final JsonArray jmh = new JsonArray();
        forks.stream()
                .filter(fork -> !fork.caseId().startsWith(MigrationForks.PREFIX))
                .forEach(fork -> {
                    final JsonObject result = new JsonObject();
                    result.addProperty("order", fork.order());
                    jmh.add(result);
                });
        Files.writeString(folder.resolve("jmh.json"), JmhJson.pretty(jmh));
        return folder;
    }

    private static TestRuns whole() {
        final TestRuns whole = new TestRuns(1, 0.02).usual(3, 1);
        final int firstOrder = whole.run("whole").forks().size();
        new MigrationForks(1).cases(4).forEach(info -> whole.withExtra(info, firstOrder, 7));
        return whole;
    }

    @Test
    void shouldPutPartsTogetherAndKeepTheirMachines() throws IOException {
        final Path even = part("even", whole(), fork -> fork.order() % 2 == 0);
        final Path odd = part("odd", whole().fact("cpu", "model", "Other CPU"), fork -> fork.order() % 2 == 1);
        for (final Path part : List.of(even, odd)) {
            final Path logs = Files.createDirectories(part.resolve("hlog"));
            Files.writeString(logs.resolve(part.getFileName() + ".hlog"), "of " + part.getFileName());
        }
        assertEquals(ExitStatus.DONE, merge(even, odd), err::toString);
        for (final String part : List.of("even", "odd")) {
            assertEquals("of " + part, Files.readString(temp.resolve("results/sweep/hlog/" + part + ".hlog")));
        }
        final Run merged = RunReader.read(temp.resolve("results/sweep"));
        final Run expected = whole().run("sweep");
        assertEquals(Run.Status.COMPLETE, merged.status());
        assertEquals(expected.forks().size(), merged.forks().size());
        assertEquals(2, merged.environments().size());
        assertEquals("Other CPU", Run.fact(merged.environments().get(1), "cpu", "model"));
        for (final ForkRow fork : merged.forks()) {
            assertEquals(fork.order() % 2, fork.machine());
        }
        final JsonArray jmh = JsonParser.parseString(Files.readString(temp.resolve("results/sweep/jmh.json")))
                .getAsJsonArray();
        assertTrue(jmh.size() < merged.forks().size(), "forks that JMH has not run are in there too");
        for (int i = 0; i < jmh.size(); i++) {
            assertEquals(i, jmh.get(i).getAsJsonObject().get("order").getAsInt(), "element i is fork i");
        }
        final String html = Files.readString(temp.resolve("results/sweep/report.html"));
        assertTrue(html.contains("Measured on 2 machines"), "the report says so");
        assertTrue(html.contains("(machine 2)"), "each row says which");
    }

    @Test
    void shouldRefuseWhatIsNotAllPartsOfOneRun() throws IOException {
        final Path even = part("even", whole(), fork -> fork.order() % 2 == 0);
        final Path some = part("some", whole(), fork -> fork.order() % 4 == 1);
        assertEquals(ExitStatus.USAGE, merge(even, some));
        assertTrue(err.toString().contains("forks are missing"), err::toString);
        assertEquals(ExitStatus.USAGE, merge(even, even));
        assertTrue(err.toString().contains("is in two parts"), err::toString);
        final Path odd = part("odd", whole().fact("jdk", "vmVersion", "25"), fork -> fork.order() % 2 == 1);
        assertEquals(ExitStatus.NOT_COMPARABLE, merge(even, odd));
        final Path other = part("other", new TestRuns(1, 0.02).usual(5, 1), fork -> fork.order() % 2 == 1);
        assertEquals(ExitStatus.NOT_COMPARABLE, merge(even, other));
        assertTrue(err.toString().contains("are not parts of one run"), err::toString);
        assertTrue(Files.notExists(temp.resolve("results")));
    }
}
