package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.gup.bench.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadmeMarkersTest {
    private static String replaced(final String file, final String text) {
        return new String(
                ReadmeMarkers.replaced("README.md", file.getBytes(StandardCharsets.UTF_8), text),
                StandardCharsets.UTF_8);
    }

    @Test
    void shouldReplaceWhatStandsBetweenAndNothingElse() {
        final String file =
                "# A\n\n" + ReadmeMarkers.BEGIN + "\nold\n\nolder\n" + ReadmeMarkers.END + "\n\nthe end, no line feed";
        final String expected =
                "# A\n\n" + ReadmeMarkers.BEGIN + "\n\n§ new\n\n" + ReadmeMarkers.END + "\n\nthe end, no line feed";
        assertEquals(expected, replaced(file, "§ new\n"));
        assertEquals(expected, replaced(expected, "§ new\n"), "again");
    }

    @Test
    void shouldKeepBytesThatAreNoText() {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(0xff);
        bytes.write(0xc3);
        bytes.writeBytes((ReadmeMarkers.BEGIN + ReadmeMarkers.END).getBytes(StandardCharsets.US_ASCII));
        bytes.write(0x80);
        final byte[] replaced = ReadmeMarkers.replaced("README.md", bytes.toByteArray(), "x\n");
        final ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write(0xff);
        expected.write(0xc3);
        expected.writeBytes(
                (ReadmeMarkers.BEGIN + "\n\nx\n\n" + ReadmeMarkers.END).getBytes(StandardCharsets.US_ASCII));
        expected.write(0x80);
        assertArrayEquals(expected.toByteArray(), replaced);
    }

    @Test
    void shouldKeepTheLineEndsOfTheFile() {
        assertEquals(
                "a\r\n" + ReadmeMarkers.BEGIN + "\r\n\r\nx\r\ny\r\n\r\n" + ReadmeMarkers.END + "\r\n",
                replaced("a\r\n" + ReadmeMarkers.BEGIN + "\r\n" + ReadmeMarkers.END + "\r\n", "x\ny\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing",
                ReadmeMarkers.BEGIN,
                ReadmeMarkers.END,
                ReadmeMarkers.END + ReadmeMarkers.BEGIN,
                ReadmeMarkers.BEGIN + ReadmeMarkers.BEGIN + ReadmeMarkers.END,
                ReadmeMarkers.BEGIN + ReadmeMarkers.END + ReadmeMarkers.END
            })
    void shouldRefuseMarkersThatAreNotThereOnce(final String file) {
        final BadInputException refused = assertThrows(BadInputException.class, () -> replaced(file, "x\n"));
        assertTrue(refused.getMessage().startsWith("'README.md'"), refused.getMessage());
        assertEquals(1, refused.getMessage().lines().count());
    }
}
