package org.gup.bench.agree;

import com.google.gson.GsonBuilder;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Counts outcomes and says where both sides part. */
final class AgreementReport {
    private static final int EXAMPLES = 3;
    private static final int SETUPS = 6;

    /** How many calls of a kind came out how. */
    private static final class Tally {
        private int agree;
        private int explained;
        private int disagree;

        private int all() {
            return agree + explained + disagree;
        }
    }

    /** The same difference in several calls. */
    private static final class Group {
        private final Difference difference;
        private final Set<String> setups = new LinkedHashSet<>();
        private final Set<String> calls = new LinkedHashSet<>();
        private final List<String> examples = new ArrayList<>();
        private int count;

        private Group(final Difference difference) {
            this.difference = difference;
        }
    }

    private final Explanations explanations;
    private final Map<String, Tally> bySetup = new TreeMap<>();
    private final Map<String, Tally> byCall = new TreeMap<>();
    private final Map<Difference, Group> groups = new LinkedHashMap<>();
    private final Tally total = new Tally();
    private final Map<String, String> notSet;
    private final int notMade;
    private final boolean whole;

    /**
     * Counts.
     *
     * @param outcomes of the calls that were made
     * @param notSet setups without a scene, with the reason
     * @param notMade recorded rows that are no call
     * @param explanations what is known
     * @param whole whether every recorded call is among the outcomes
     */
    AgreementReport(
            final List<Outcome> outcomes,
            final Map<String, String> notSet,
            final int notMade,
            final Explanations explanations,
            final boolean whole) {
        this.explanations = explanations;
        this.notSet = notSet;
        this.notMade = notMade;
        this.whole = whole;
        outcomes.forEach(this::add);
    }

    private void add(final Outcome outcome) {
        final List<Difference> unexplained = outcome.differences().stream()
                .filter(difference -> !explanations.explains(outcome.recorded(), difference))
                .toList();
        for (final Tally tally : List.of(
                total,
                bySetup.computeIfAbsent(outcome.recorded().setup(), key -> new Tally()),
                byCall.computeIfAbsent(outcome.recorded().call(), key -> new Tally()))) {
            if (outcome.agrees()) {
                tally.agree++;
            } else if (unexplained.isEmpty()) {
                tally.explained++;
            } else {
                tally.disagree++;
            }
        }
        for (final Difference difference : unexplained) {
            final Group group = groups.computeIfAbsent(difference, Group::new);
            group.count++;
            group.setups.add(outcome.recorded().setup());
            group.calls.add(outcome.recorded().call());
            if (group.examples.size() < EXAMPLES) {
                group.examples.add(outcome.recorded().id() + " "
                        + outcome.recorded().call() + " " + outcome.recorded().flags());
            }
        }
    }

    /** Whether nothing differs that is not explained, and the list is as long as it has to be. */
    boolean isGood() {
        return total.disagree == 0 && !(whole && !explanations.miscounted().isEmpty());
    }

    private List<Group> sorted() {
        return groups.values().stream()
                .sorted(Comparator.comparingInt((Group group) -> -group.count)
                        .thenComparing(group -> group.difference.toString()))
                .toList();
    }

    /** Writes the report for a terminal. */
    void print(final PrintWriter out, final int limit) {
        out.printf(
                "recorded calls made: %,d; agree %,d, explained %,d, disagree %,d%n",
                total.all(), total.agree, total.explained, total.disagree);
        out.printf("recorded rows that are no call: %,d%n", notMade);
        notSet.forEach((setup, why) -> out.println("not set: " + setup + ": " + why));
        table(out, "call", byCall, tally -> true);
        table(out, "setup with disagreements", bySetup, tally -> tally.disagree > 0);
        final List<Group> sorted = sorted();
        if (!sorted.isEmpty()) {
            out.printf("%ndisagreements: %,d kinds%n", sorted.size());
        }
        sorted.stream().limit(limit).forEach(group -> print(out, group));
        if (sorted.size() > limit) {
            out.printf("... and %,d more kinds (--limit)%n", sorted.size() - limit);
        }
        explanations
                .used()
                .forEach(explanation -> out.printf("explained %,d times: %s%n", explanation.found(), explanation));
        if (whole) {
            explanations
                    .miscounted()
                    .forEach(explanation -> out.printf(
                            "explanation needed %,d times, expected %,d: %s%n",
                            explanation.found(), explanation.expected(), explanation));
        }
        out.flush();
    }

    private static void print(final PrintWriter out, final Group group) {
        out.printf("%,7d  %s%n", group.count, group.difference);
        out.println("         setups: " + some(group.setups) + "; calls: " + some(group.calls));
        out.println("         e.g. " + String.join("; ", group.examples));
    }

    private static String some(final Set<String> words) {
        return words.stream().limit(SETUPS).collect(Collectors.joining(" "))
                + (words.size() > SETUPS ? " and " + (words.size() - SETUPS) + " more" : "");
    }

    private static void table(
            final PrintWriter out,
            final String title,
            final Map<String, Tally> tallies,
            final Function<Tally, Boolean> isShown) {
        out.printf("%n%-36s %8s %8s %9s %8s%n", title, "calls", "agree", "explained", "disagree");
        tallies.forEach((name, tally) -> {
            if (isShown.apply(tally)) {
                out.printf(
                        "%-36s %,8d %,8d %,9d %,8d%n", name, tally.all(), tally.agree, tally.explained, tally.disagree);
            }
        });
    }

    /** Writes the report for programs. */
    void printJson(final PrintWriter out) {
        final Map<String, Object> json = new LinkedHashMap<>();
        json.put("schema", 1);
        json.put("total", json(total));
        json.put("notMade", notMade);
        json.put("notSet", notSet);
        json.put("byCall", json(byCall));
        json.put("bySetup", json(bySetup));
        final List<Map<String, Object>> kinds = new ArrayList<>();
        for (final Group group : sorted()) {
            final Map<String, Object> kind = new LinkedHashMap<>();
            kind.put("field", group.difference.field());
            kind.put("kernel", group.difference.recorded());
            kind.put("model", group.difference.model());
            kind.put("count", group.count);
            kind.put("setups", group.setups);
            kind.put("calls", group.calls);
            kind.put("examples", group.examples);
            kinds.add(kind);
        }
        json.put("disagreements", kinds);
        final List<Map<String, Object>> known = new ArrayList<>();
        for (final Explanations.Explanation explanation : explanations.used()) {
            known.add(Map.of("count", explanation.found(), "reason", explanation.reason()));
        }
        json.put("explained", known);
        out.println(new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .create()
                .toJson(json));
        out.flush();
    }

    private static Map<String, Object> json(final Map<String, Tally> tallies) {
        final Map<String, Object> json = new LinkedHashMap<>();
        tallies.forEach((name, tally) -> json.put(name, json(tally)));
        return json;
    }

    private static Map<String, Integer> json(final Tally tally) {
        final Map<String, Integer> json = new LinkedHashMap<>();
        json.put("calls", tally.all());
        json.put("agree", tally.agree);
        json.put("explained", tally.explained);
        json.put("disagree", tally.disagree);
        return json;
    }
}
