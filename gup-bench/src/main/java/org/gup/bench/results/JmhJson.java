package org.gup.bench.results;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;

/** JSON as JMH writes it: one array, one element for each fork that was run, in the order they ran. */
public final class JmhJson {
    private static final Gson PRETTY =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private JmhJson() {}

    /**
     * One result.
     *
     * @param result of one fork
     * @return an element of JMH's array
     */
    public static JsonElement of(final RunResult result) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
            ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(List.of(result));
        }
        return JsonParser.parseString(bytes.toString(StandardCharsets.UTF_8))
                .getAsJsonArray()
                .get(0);
    }

    /**
     * All results in one array.
     *
     * @param results one for each fork
     * @return the array
     */
    public static JsonArray merge(final Collection<JsonElement> results) {
        final JsonArray merged = new JsonArray();
        results.forEach(merged::add);
        return merged;
    }

    /**
     * The text of a JSON file.
     *
     * @param json its content
     * @return indented, with a line feed at the end
     */
    public static String pretty(final JsonElement json) {
        return PRETTY.toJson(json) + "\n";
    }

    /**
     * A copy in which every text value has been changed; names of members are kept.
     *
     * @param json anything
     * @param scrub what to do to a text
     * @return the copy
     */
    public static JsonElement scrubbed(final JsonElement json, final UnaryOperator<String> scrub) {
        if (json.isJsonArray()) {
            final JsonArray array = new JsonArray();
            json.getAsJsonArray().forEach(element -> array.add(scrubbed(element, scrub)));
            return array;
        }
        if (json.isJsonObject()) {
            final JsonObject object = new JsonObject();
            for (final Map.Entry<String, JsonElement> member :
                    json.getAsJsonObject().entrySet()) {
                object.add(member.getKey(), scrubbed(member.getValue(), scrub));
            }
            return object;
        }
        return json.isJsonPrimitive() && json.getAsJsonPrimitive().isString()
                ? new JsonPrimitive(scrub.apply(json.getAsString()))
                : json;
    }
}
