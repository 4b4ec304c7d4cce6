package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.plan.Extras;
import org.gup.bench.plan.Profile;
import org.gup.bench.results.CaseInfo;
import org.junit.jupiter.api.Test;

class ListCommandTest {
    private static final Pattern CASE = Pattern.compile("  \\d+ x (\\S+/\\S+|atomic-add)");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private List<String> lines(final String... arguments) {
        out.getBuffer().setLength(0);
        assertEquals(
                ExitStatus.DONE,
                Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments),
                err::toString);
        return out.toString().lines().toList();
    }

    private List<String> cases(final String... arguments) {
        return lines(arguments).stream()
                .map(CASE::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(matcher -> matcher.group(1))
                .toList();
    }

    @Test
    void shouldListTheFurtherQuestionsToo() {
        final List<String> cases = cases("list", "--profile", "full");
        final Set<String> extra = Extras.of(Profile.FULL).stream()
                .flatMap(extras -> extras.forks().cases(extras.count()).stream())
                .map(CaseInfo::id)
                .collect(Collectors.toSet());
        assertTrue(extra.size() > 30, () -> "extras: " + extra);
        assertTrue(cases.containsAll(extra), () -> {
            final Set<String> missing = new TreeSet<>(extra);
            missing.removeAll(cases);
            return "not listed: " + missing;
        });
        assertTrue(cases.contains("get-slow/4K/512"), cases::toString);
        assertTrue(
                out.toString().startsWith("profile full: " + cases.size() + " cases, "),
                () -> cases.size() + "\n" + out);
    }

    @Test
    void shouldListNumbersInTheirOrder() {
        final List<String> cases = cases("list", "--profile", "full", "--only", "get-fast/4K/*");
        assertTrue(cases.indexOf("get-fast/4K/8") < cases.indexOf("get-fast/4K/64"), cases::toString);
        assertTrue(cases.indexOf("get-fast/4K/64") < cases.indexOf("get-fast/4K/512"), cases::toString);
        assertTrue(cases.indexOf("get-fast/4K/1") < cases.indexOf("get-fast/4K/8"), cases::toString);
    }

    @Test
    void shouldObeyTheFilterOfRun() {
        for (final String filter : List.of("=get-fast/4K/512", "migrate/slow-*", "check/*", "4K/512", "get-fast/*")) {
            final List<String> listed = cases("list", "--profile", "smoke", "--only", filter);
            final String title =
                    lines("list", "--profile", "smoke", "--only", filter).get(0);
            final String plan = lines("run", "--dry-run", "--profile", "smoke", "--seed", "1", "--only", filter)
                    .get(0);
            assertEquals(
                    title.replaceAll(".* cases?, ", ""),
                    plan.replaceAll("^[^:]*: ", "").replaceAll(".* cases?, ", ""),
                    filter);
            assertFalse(listed.isEmpty(), filter);
        }
        assertEquals(List.of("get-fast/4K/512"), cases("list", "--only", "=get-fast/4K/512"));
        assertFalse(out.toString().contains("many cases in one fork"), out::toString);
        assertFalse(out.toString().contains("AtomicAdd"), "benchmarks that nothing listed needs");
    }

    @Test
    void shouldDrawATree() {
        final List<String> lines = lines("list", "--tree");
        assertTrue(lines.contains("  get-fast"), out::toString);
        assertTrue(lines.contains("    4K"), out::toString);
        assertTrue(lines.contains("      512  3 x"), out::toString);
        assertTrue(lines.contains("  check"), out::toString);
        assertTrue(lines.contains("  migrate"), out::toString);
    }

    @Test
    void shouldShowParameters() {
        assertTrue(
                lines("list", "--only", "=get-fast/4K/512", "--params")
                        .contains("  3 x get-fast/4K/512  org.gup.bench.jmh.FastVersusSlow.getFast"
                                + " access=write guard=fused layout=4K pagesPerCall=512"),
                out::toString);
        lines("list", "--only", "migrate/slow-100", "--params");
        assertTrue(out.toString().contains("org.gup.bench.migration.MigrationFork "), out::toString);
    }

    @Test
    void shouldListAnExperiment() {
        assertTrue(cases("list", "--experiment", "june-2019").contains("june-2019/v5.2/64"), out::toString);
        assertFalse(out.toString().contains("get-fast"), out::toString);
    }

    @Test
    void shouldSayThatNothingMatches() {
        assertEquals(
                ExitStatus.USAGE,
                Main.execute(
                        new PrintWriter(out, true), new PrintWriter(err, true), "list", "--only", "=no-such-case"));
        assertEquals("", out.toString());
        assertEquals(
                "gup-bench: no case matches [=no-such-case] (gup-bench list --tree shows all of them)\n",
                err.toString());
    }
}
