package org.gup.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
    @Test
    void shouldKeepWhatIsNeededInItsOrder() {
        final List<Integer> failing = IntStream.range(0, 200).boxed().collect(Collectors.toList());
        final int[] tries = new int[1];
        final List<Integer> shortest = Shrinker.shrink(failing, sequence -> {
            tries[0]++;
            return sequence.containsAll(List.of(3, 97, 98, 180)) && sequence.indexOf(3) < sequence.indexOf(180);
        });
        assertEquals(List.of(3, 97, 98, 180), shortest);
        assertTrue(tries[0] < 500, "tries: " + tries[0]);
    }

    @Test
    void shouldEndAtOneElementAndAtNone() {
        assertEquals(List.of(7), Shrinker.shrink(List.of(1, 7, 2), sequence -> sequence.contains(7)));
        assertEquals(List.of(), Shrinker.shrink(List.of(1, 7, 2), sequence -> true));
    }
}
