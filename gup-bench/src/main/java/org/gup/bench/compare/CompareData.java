package org.gup.bench.compare;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.text.Csv;

/** A comparison for programs. */
public final class CompareData {
    /** Name and version of the format. */
    public static final String SCHEMA = "gup-bench-compare/1";

    private CompareData() {}

    /**
     * As JSON.
     *
     * @param comparison what to tell
     * @return an object
     */
    public static JsonObject json(final RunComparison comparison) {
        final JsonObject json = new JsonObject();
        json.addProperty("schema", SCHEMA);
        json.addProperty("base", comparison.baseLabel());
        json.addProperty(
                "threshold",
                Math.max(comparison.wanted().threshold(), comparison.floors().sameCode()));
        json.addProperty("sameCodeFloor", comparison.floors().sameCode());
        json.addProperty("sameWalkFloor", comparison.floors().sameWalk());
        json.addProperty("familySize", comparison.tests());
        final JsonArray pairs = new JsonArray();
        for (final RunPair pair : comparison.pairs()) {
            final JsonObject one = new JsonObject();
            one.addProperty("run", pair.label());
            one.addProperty("comparability", word(pair.comparability().level()));
            one.add("refusals", texts(pair.comparability().refusals()));
            one.add("flags", texts(pair.comparability().flags()));
            one.add("geometricMeanRatio", number(pair.geometricMean().orElse(Double.NaN)));
            one.addProperty("commonCases", pair.scoreRatios().length);
            one.add("onlyInBase", texts(pair.missing()));
            one.add("onlyInRun", texts(pair.added()));
            final JsonArray rows = new JsonArray();
            pair.rows().forEach(row -> rows.add(row(row)));
            one.add("rows", rows);
            final JsonArray counts = new JsonArray();
            pair.counts().forEach(count -> {
                final JsonObject counted = new JsonObject();
                counted.addProperty("case", count.id());
                counted.addProperty("same", count.isSame());
                counted.add("differences", texts(count.differences()));
                counts.add(counted);
            });
            one.add("counted", counts);
            pairs.add(one);
        }
        json.add("runs", pairs);
        json.add("failures", texts(comparison.failures()));
        json.add("undecided", texts(comparison.undecided()));
        return json;
    }

    private static JsonObject row(final CompareRow row) {
        final Decision decision = row.decision();
        final Comparison compared = decision.comparison();
        final JsonObject json = new JsonObject();
        json.addProperty("case", row.base().info().id());
        json.addProperty("counter", row.quantity().counter());
        json.addProperty("unit", row.quantity().unit());
        json.add("base", number(row.before()));
        json.add("run", number(row.after()));
        json.addProperty("measure", row.measure().word());
        json.add("ratio", number(compared.ratio()));
        json.add("low", number(compared.low()));
        json.add("high", number(compared.high()));
        json.addProperty("baseForks", compared.baseForks());
        json.addProperty("runForks", compared.newForks());
        json.add("p", number(compared.pValue()));
        json.add("pHolm", number(decision.adjustedP()));
        json.addProperty("verdict", word(decision.verdict()));
        json.add("smallestDetectable", number(decision.detectable()));
        json.addProperty("forksForOnePercent", decision.forksForOnePercent());
        json.addProperty("disturbedForks", row.base().disturbed() + row.other().disturbed());
        json.addProperty("verdictWithoutDisturbed", word(row.undisturbed()));
        return json;
    }

    /**
     * As CSV: a line for each row of each run.
     *
     * @param comparison what to tell
     * @return the text of a file
     */
    public static String csv(final RunComparison comparison) {
        final Csv csv = new Csv(
                "schema",
                "base",
                "run",
                "comparability",
                "case",
                "measure",
                "ratio",
                "low",
                "high",
                "base_forks",
                "run_forks",
                "p",
                "p_holm",
                "verdict",
                "smallest_detectable",
                "disturbed_forks",
                "base_value",
                "run_value",
                "unit");
        for (final RunPair pair : comparison.pairs()) {
            for (final CompareRow row : pair.rows()) {
                final Decision decision = row.decision();
                final Comparison compared = decision.comparison();
                final List<Object> cells = new ArrayList<>(List.of(
                        SCHEMA,
                        comparison.baseLabel(),
                        pair.label(),
                        word(pair.comparability().level()),
                        row.id(),
                        row.measure().word()));
                cells.addAll(List.of(
                        compared.ratio(),
                        compared.low(),
                        compared.high(),
                        compared.baseForks(),
                        compared.newForks(),
                        compared.pValue(),
                        decision.adjustedP(),
                        word(decision.verdict()),
                        decision.detectable(),
                        row.base().disturbed() + row.other().disturbed()));
                cells.addAll(List.of(row.before(), row.after(), row.quantity().unit()));
                csv.row(cells);
            }
        }
        return csv.text();
    }

    private static String word(final Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static JsonArray texts(final List<String> values) {
        final JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    private static JsonElement number(final double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
    }
}
