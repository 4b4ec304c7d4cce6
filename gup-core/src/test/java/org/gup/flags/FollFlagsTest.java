package org.gup.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FollFlagsTest {
    @Test
    void shouldHaveTheValuesOfLinux52() {
        assertEquals(0x1, FollFlags.FOLL_WRITE);
        assertEquals(0x2, FollFlags.FOLL_TOUCH);
        assertEquals(0x4, FollFlags.FOLL_GET);
        assertEquals(0x8, FollFlags.FOLL_DUMP);
        assertEquals(0x10, FollFlags.FOLL_FORCE);
        assertEquals(0x20, FollFlags.FOLL_NOWAIT);
        assertEquals(0x40, FollFlags.FOLL_POPULATE);
        assertEquals(0x80, FollFlags.FOLL_SPLIT);
        assertEquals(0x100, FollFlags.FOLL_HWPOISON);
        assertEquals(0x200, FollFlags.FOLL_NUMA);
        assertEquals(0x400, FollFlags.FOLL_MIGRATION);
        assertEquals(0x800, FollFlags.FOLL_TRIED);
        assertEquals(0x1000, FollFlags.FOLL_MLOCK);
        assertEquals(0x2000, FollFlags.FOLL_REMOTE);
        assertEquals(0x4000, FollFlags.FOLL_COW);
        assertEquals(0x8000, FollFlags.FOLL_ANON);
        assertEquals(0x10000, FollFlags.FOLL_LONGTERM);
    }

    @Test
    void shouldDescribeEachFlagByItsName() {
        final String[] names = {
            "FOLL_WRITE", "FOLL_TOUCH", "FOLL_GET", "FOLL_DUMP", "FOLL_FORCE", "FOLL_NOWAIT", "FOLL_POPULATE",
            "FOLL_SPLIT", "FOLL_HWPOISON", "FOLL_NUMA", "FOLL_MIGRATION", "FOLL_TRIED", "FOLL_MLOCK", "FOLL_REMOTE",
            "FOLL_COW", "FOLL_ANON", "FOLL_LONGTERM",
        };
        for (int bit = 0; bit < names.length; bit++) {
            assertEquals(names[bit], FollFlags.describe(1 << bit));
        }
    }

    @Test
    void shouldDescribeCombinationsNothingAndBitsItDoesNotKnow() {
        assertEquals("0", FollFlags.describe(0));
        assertEquals("FOLL_WRITE|FOLL_LONGTERM", FollFlags.describe(0x10001));
        assertEquals("FOLL_GET|0x20000", FollFlags.describe(0x20004));
        assertEquals("0x80000000", FollFlags.describe(0x80000000));
        assertEquals(
                "FOLL_WRITE|FOLL_TOUCH|FOLL_GET|FOLL_DUMP|FOLL_FORCE|FOLL_NOWAIT|FOLL_POPULATE|FOLL_SPLIT|FOLL_HWPOISON"
                        + "|FOLL_NUMA|FOLL_MIGRATION|FOLL_TRIED|FOLL_MLOCK|FOLL_REMOTE|FOLL_COW|FOLL_ANON|FOLL_LONGTERM"
                        + "|0xfffe0000",
                FollFlags.describe(-1));
    }
}
