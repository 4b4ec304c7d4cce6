package org.gup.bench.report;

import java.nio.charset.StandardCharsets;
import org.gup.bench.error.BadInputException;

/** The place in a README where a run's numbers stand: between two comments, each there once. */
public final class ReadmeMarkers {
    /** The line before. */
    public static final String BEGIN = "<!-- results: begin -->";
    /** The line behind. */
    public static final String END = "<!-- results: end -->";

    private ReadmeMarkers() {}

    /**
     * Puts a text between the markers. Everything else stays byte for byte, whatever its encoding; line ends are those that
     * stand behind the first marker.
     *
     * @param name of the file, for messages
     * @param file its content
     * @param text what shall stand there, in whole lines
     * @return the new content
     * @throws BadInputException if a marker is missing or there twice, or the second one comes first
     */
    public static byte[] replaced(final String name, final byte[] file, final String text) {
        // A character for each byte: what is not ours is not decoded.
        final String content = new String(file, StandardCharsets.ISO_8859_1);
        final int begin = only(name, content, BEGIN) + BEGIN.length();
        final int end = only(name, content, END);
        if (end < begin) {
            throw new BadInputException("'" + name + "': " + END + " comes before " + BEGIN);
        }
        final String lineEnd = content.startsWith("\r\n", begin) ? "\r\n" : "\n";
        final String ours = new String(
                ("\n\n" + text + "\n").replace("\n", lineEnd).getBytes(StandardCharsets.UTF_8),
                StandardCharsets.ISO_8859_1);
        return (content.substring(0, begin) + ours + content.substring(end)).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static int only(final String name, final String content, final String marker) {
        final int first = content.indexOf(marker);
        if (first < 0) {
            throw new BadInputException("'" + name + "' has no line " + marker);
        }
        if (content.indexOf(marker, first + 1) >= 0) {
            throw new BadInputException("'" + name + "' has more than one " + marker);
        }
        return first;
    }
}
