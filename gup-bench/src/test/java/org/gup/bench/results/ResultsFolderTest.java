package org.gup.bench.results;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.gup.bench.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ResultsFolderTest {
    @TempDir
    private Path temp;

    @Test
    void shouldAppearWholeOrNotAtAll() throws IOException {
        final Path parent = temp.resolve("a/b");
        final Path published;
        try (ResultsFolder folder = ResultsFolder.open(parent, "run")) {
            folder.write("x.json", "{}\n");
            assertFalse(Files.exists(parent.resolve("run")));
            published = folder.publish();
        }
        assertEquals(parent.resolve("run"), published);
        assertEquals("{}\n", Files.readString(published.resolve("x.json")));
        assertEquals(List.of("run"), names(parent));
    }

    @Test
    void shouldLeaveNothingWhenItIsNotPublished() throws IOException {
        try (ResultsFolder folder = ResultsFolder.open(temp.resolve("a/b/c"), "run")) {
            folder.write("x.json", "{}\n");
        }
        assertEquals(List.of(), names(temp));
    }

    @Test
    void shouldKeepFoldersThatOthersUse() throws IOException {
        try (ResultsFolder folder = ResultsFolder.open(temp.resolve("a/b"), "run")) {
            folder.write("x.json", "{}\n");
            Files.writeString(temp.resolve("a/mine"), "kept");
        }
        assertEquals(List.of("mine"), names(temp.resolve("a")));
    }

    @Test
    void shouldNotReplaceAFolderOfTheSameName() throws IOException {
        for (int i = 0; i < 2; i++) {
            try (ResultsFolder folder = ResultsFolder.open(temp, "run")) {
                folder.write("x", Integer.toString(i));
                folder.publish();
            }
        }
        assertEquals("0", Files.readString(temp.resolve("run/x")));
        assertEquals("1", Files.readString(temp.resolve("run-2/x")));
    }

    @Test
    void shouldWriteNothingAfterItWasGivenUp() throws IOException {
        final ResultsFolder folder = ResultsFolder.open(temp, "run");
        folder.close();
        folder.write("late", "x");
        assertThrows(IllegalStateException.class, folder::publish);
        assertEquals(List.of(), names(temp));
    }

    @Test
    void shouldRefuseAFileInPlaceOfTheFolder() throws IOException {
        final Path file = Files.writeString(temp.resolve("file"), "x");
        final BadInputException refused = assertThrows(BadInputException.class, () -> ResultsFolder.open(file, "run"));
        assertTrue(refused.getMessage().contains("'" + file + "': not a folder"), refused::getMessage);
        assertThrows(BadInputException.class, () -> ResultsFolder.open(file.resolve("below"), "run"));
        assertEquals(List.of("file"), names(temp));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldRefuseAFolderThatNobodyCanWrite() {
        final BadInputException refused =
                assertThrows(BadInputException.class, () -> ResultsFolder.open(Path.of("/proc/results"), "run"));
        assertTrue(refused.getMessage().contains("'/proc/results'"), refused::getMessage);
    }

    private static List<String> names(final Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
