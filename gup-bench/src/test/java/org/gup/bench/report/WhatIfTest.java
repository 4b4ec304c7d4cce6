package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.bench.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WhatIfTest {
    @ParameterizedTest
    @ValueSource(doubles = {-1, -0.001, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void shouldRefuseWhatIsNoPrice(final double price) {
        final String ipi = assertThrows(BadInputException.class, () -> new WhatIf(price, 0))
                .getMessage();
        assertEquals("bad --ipi-ns '" + price + "': expected nanoseconds, 0 or more", ipi);
        final String drain = assertThrows(BadInputException.class, () -> new WhatIf(0, price))
                .getMessage();
        assertEquals("bad --drain-ns '" + price + "': expected nanoseconds, 0 or more", drain);
    }

    @Test
    void shouldSupposeNothingByItself() {
        assertFalse(WhatIf.NOTHING.isSupposed());
        assertTrue(new WhatIf(1, 0).isSupposed());
        assertTrue(new WhatIf(0, 1).isSupposed());
    }
}
