package org.gup.offheap;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;

/** How much memory the process really uses, where the system says so. */
public final class ResidentMemory {
    private static final Path STATM = Path.of("/proc/self/statm");

    private ResidentMemory() {}

    /**
     * Resident memory; the test is left out where it cannot be read.
     *
     * @return bytes
     * @throws IOException if it cannot be read after all
     */
    public static long bytes() throws IOException {
        assumeTrue(Files.isReadable(STATM), "no " + STATM);
        try (Scanner fields = new Scanner(STATM, StandardCharsets.US_ASCII)) {
            fields.nextLong();
            return fields.nextLong() * 4096;
        }
    }
}
