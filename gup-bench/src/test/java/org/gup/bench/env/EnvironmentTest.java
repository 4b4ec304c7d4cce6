package org.gup.bench.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
    @Test
    void shouldHaveEveryFactUnderItsName() {
        final JsonObject facts = Environment.facts(List.of("run", "-q"), List.of("-Xmx128m"));
        assertEquals(Environment.SCHEMA, facts.get("schema").getAsString());
        assertEquals(2, facts.getAsJsonArray("commandLine").size());
        for (final String member : List.of("gupVersion", "gitCommit", "gitDirty")) {
            assertFalse(facts.get(member).getAsString().isBlank(), member);
        }
        assertEquals(
                "-Xmx128m",
                facts.getAsJsonObject("jdk")
                        .getAsJsonArray("forkArguments")
                        .get(0)
                        .getAsString());
        assertTrue(facts.getAsJsonObject("cpu").get("logicalCpus").getAsInt() >= 1);
        assertTrue(facts.getAsJsonObject("memory").get("totalBytes").getAsLong() > 0);
        assertFalse(facts.getAsJsonObject("os").get("version").getAsString().isBlank());
    }
}
