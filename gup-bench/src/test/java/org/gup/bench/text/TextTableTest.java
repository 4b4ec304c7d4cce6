package org.gup.bench.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void shouldAlignWordsLeftAndNumbersRight() {
        final TextTable table = new TextTable(1, "case", "ns", "n");
        table.row("a", "1.25", "3");
        table.row("longer", "10", "12");
        assertEquals(
                List.of(
                        "| case   |   ns |  n |",
                        "| ------ | ---: | -: |",
                        "| a      | 1.25 |  3 |",
                        "| longer |   10 | 12 |"),
                table.markdown());
        assertEquals(List.of("case      ns   n", "a       1.25   3", "longer    10  12"), table.plain());
    }

    @Test
    void shouldRefuseARowOfAnotherWidth() {
        assertThrows(IllegalArgumentException.class, () -> new TextTable(1, "a", "b").row("only"));
    }
}
