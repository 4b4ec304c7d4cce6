package org.gup.bench.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NaturalOrderTest {
    @Test
    void shouldPutNumbersInTheOrderOfTheirValues() {
        final List<String> ordered = List.of(
                "",
                "a",
                "a/1",
                "a/4",
                "a/4/x",
                "a/4K",
                "a/04K",
                "a/32",
                "a/32/check",
                "a/512",
                "a/99999999999999999999",
                "a/100000000000000000000",
                "a-again/4",
                "b");
        for (int seed = 0; seed < 50; seed++) {
            final List<String> shuffled = new ArrayList<>(ordered);
            Collections.shuffle(shuffled, new Random(seed));
            shuffled.sort(new NaturalOrder());
            assertEquals(List.of("a", "a/1", "a/4", "a/4/x"), shuffled.subList(1, 5), "seed " + seed);
            assertEquals(ordered.subList(7, 14), shuffled.subList(7, 14), "seed " + seed);
        }
    }

    @Test
    void shouldBeConsistent() {
        final NaturalOrder order = new NaturalOrder();
        final List<String> names = List.of("a1", "a01", "a1b", "a/1", "1", "01", "a", "", "a-1", "a10");
        for (final String one : names) {
            assertEquals(0, order.compare(one, one));
            for (final String other : names) {
                assertEquals(
                        Integer.signum(order.compare(one, other)),
                        -Integer.signum(order.compare(other, one)),
                        one + " " + other);
                assertTrue(one.equals(other) || order.compare(one, other) != 0, one + " " + other);
                for (final String third : names) {
                    if (order.compare(one, other) < 0 && order.compare(other, third) < 0) {
                        assertTrue(order.compare(one, third) < 0, one + " " + other + " " + third);
                    }
                }
            }
        }
    }

    @Test
    void shouldDrawATree() {
        final TextTree tree = new TextTree();
        tree.add("get/4K/512", "3 x");
        tree.add("get/4K/32", "1 x");
        tree.add("get/4K/4", "1 x");
        tree.add("get/2M/512", "1 x");
        tree.add("get/4K/512/other", "2 x");
        tree.add("alone/in/its/branch", "5 x");
        assertEquals(
                List.of(
                        "alone/in/its/branch  5 x",
                        "get",
                        "  2M/512  1 x",
                        "  4K",
                        "    4  1 x",
                        "    32  1 x",
                        "    512  3 x",
                        "      other  2 x"),
                tree.lines());
    }
}
