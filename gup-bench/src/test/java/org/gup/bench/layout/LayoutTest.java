package org.gup.bench.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.gup.bench.error.BadInputException;
import org.gup.snapshot.ProcessSnapshot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayoutTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "4K, 4K, false, false",
        "tables:bundled, tables:bundled, true, false",
        "tables:/a/b/k612, tables:k612, true, false",
        "proc:self, proc:self, true, true",
        "proc:12, proc:12, true, true",
        "file:/srv/dumps/web, file:web, true, true",
        "file:/tmp/x/proc-12, proc:12, true, true",
        "file:/tmp/x/proc-self, proc:self, true, true",
        "file:/tmp/x/proc-12b, file:proc-12b, true, true",
    })
    void shouldHaveANameToBePublished(
            final String name, final String label, final boolean dump, final boolean process) {
        final Layout layout = new Layout(name);
        assertEquals(label, layout.label());
        assertEquals(dump, layout.isDump());
        assertEquals(process, layout.isProcess());
    }

    @Test
    void shouldNotFreezeWhatDoesNotChange() {
        assertSame(Layout.BUNDLED, Layout.BUNDLED.frozen());
        assertSame(Layout.BASE_PAGES, Layout.BASE_PAGES.frozen(folder));
        final String absolute = new Layout("file:a/b").frozen().name();
        assertTrue(absolute.startsWith("file:/") || absolute.contains(":\\"), absolute);
        assertTrue(absolute.endsWith("b"), absolute);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldRecordALiveProcessOnce() {
        final Layout frozen = new Layout("proc:self").frozen(folder);
        assertEquals("file:" + folder.resolve("proc-self"), frozen.name());
        assertEquals("proc:self", frozen.label());
        assertFalse(frozen.isLive());
        final ProcessSnapshot once = frozen.snapshot();
        assertTrue(once.presentPages() > 1000, () -> once.presentPages() + " pages");
        assertEquals(once.presentPages(), frozen.snapshot().presentPages());
        assertTrue(Files.exists(folder.resolve("proc-self.pagemap.csv.gz")));
        final Layout temporary = new Layout("proc:self").frozen();
        assertEquals("proc:self", temporary.label());
        assertTrue(temporary.snapshot().presentPages() > 1000);
    }

    @ParameterizedTest
    @CsvSource({
        "file:web, expected synthetic",
        "file:, expected synthetic",
        "file:/no/such/place/web, no such directory",
        "proc:x, bad process: got \"x\"",
        "proc:, bad process: got \"\"",
    })
    void shouldSayWhatIsWrong(final String name, final String message) {
        final Layout layout = new Layout(name);
        final BadInputException refused = assertThrows(BadInputException.class, layout::snapshot);
        assertTrue(refused.getMessage().contains("layout '" + name + "'"), refused::getMessage);
        assertTrue(refused.getMessage().contains(message), refused::getMessage);
    }
}
