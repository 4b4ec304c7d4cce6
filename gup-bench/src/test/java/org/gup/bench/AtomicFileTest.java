package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.gup.bench.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    private Path temp;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void shouldMakeAndReplaceAFileAndLeaveNothingBeside() throws IOException {
        final Path file = temp.resolve("a.txt");
        AtomicFile.write(file, "one");
        AtomicFile.write(file, "zwei §");
        assertEquals("zwei §", Files.readString(file));
        assertEquals(List.of("a.txt"), names());
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no POSIX permissions")
    void shouldKeepPermissionsAndLinks() throws IOException {
        final Path file = Files.writeString(temp.resolve("a.txt"), "one");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        final Path link = Files.createSymbolicLink(temp.resolve("b.txt"), file);
        AtomicFile.write(link, "two");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("two", Files.readString(file));
        assertEquals("rw-rw-r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void shouldSayWhatItCannotWrite() throws IOException {
        final Path folder = Files.createDirectory(temp.resolve("folder"));
        for (final Path wrong : List.of(folder, temp.resolve("none/a.txt"))) {
            final BadInputException refused = assertThrows(BadInputException.class, () -> AtomicFile.write(wrong, "x"));
            assertTrue(refused.getMessage().contains("cannot write '" + wrong + "'"), refused.getMessage());
        }
        assertEquals(List.of("folder"), names());
    }
}
