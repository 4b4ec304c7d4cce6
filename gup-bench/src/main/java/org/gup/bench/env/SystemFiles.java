package org.gup.bench.env;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Small files of {@code /proc} and {@code /sys}. What cannot be read is absent, never an error: other systems lack them. */
final class SystemFiles {
    private SystemFiles() {}

    static List<String> lines(final String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (final IOException | SecurityException absent) {
            return List.of();
        }
    }

    static Optional<String> firstLine(final String file) {
        return lines(file).stream().findFirst().map(String::strip);
    }

    /** The value behind the first colon of the first line that starts with a key. */
    static Optional<String> value(final String file, final String key) {
        return lines(file).stream()
                .filter(line -> line.startsWith(key) && line.indexOf(':') >= 0)
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst();
    }
}
