package org.gup.snapshot;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a text, one at a time. A byte order mark and carriage returns at line ends are dropped, bytes that are not
 * UTF-8 replaced; the last line need not end in a newline.
 */
final class TextLines {
    /** Most bytes of a line. */
    static final int MAX_LINE_BYTES = 64 << 10;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private final BoundedInput input;
    private final byte[] chunk = new byte[8 << 10];
    private int chunkLength;
    private int chunkAt;
    private byte[] line = new byte[256];
    private int lineLength;
    private long number;

    TextLines(final BoundedInput input) {
        this.input = input;
    }

    /** The next line without its end, or null after the last. */
    @Nullable
    String next() {
        lineLength = 0;
        int c = nextByte();
        if (c < 0) {
            return null;
        }
        number++;
        for (; c >= 0 && c != '\n'; c = nextByte()) {
            if (c == 0) {
                throw error("NUL byte, allowed text");
            }
            if (lineLength == MAX_LINE_BYTES) {
                throw error("line too long: allowed " + MAX_LINE_BYTES + " bytes");
            }
            if (lineLength == line.length) {
                line = Arrays.copyOf(line, 2 * lineLength);
            }
            line[lineLength++] = (byte) c;
        }
        if (lineLength > 0 && line[lineLength - 1] == '\r') {
            lineLength--;
        }
        final int from = number == 1 && startsWithByteOrderMark() ? BYTE_ORDER_MARK.length : 0;
        return new String(line, from, lineLength - from, StandardCharsets.UTF_8);
    }

    private boolean startsWithByteOrderMark() {
        return lineLength >= BYTE_ORDER_MARK.length
                && Arrays.equals(line, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
    }

    private int nextByte() {
        if (chunkAt == chunkLength) {
            chunkLength = input.read(chunk);
            chunkAt = 0;
            if (chunkLength == 0) {
                return -1;
            }
        }
        return chunk[chunkAt++] & 0xff;
    }

    /** Number of the line that was read last, from 1. */
    long number() {
        return number;
    }

    String file() {
        return input.file();
    }

    SnapshotException error(final String what) {
        return SnapshotException.atLine(input.file(), number, what);
    }

    /**
     * A hexadecimal number.
     *
     * @param text digits, without 0x
     * @param what its name, for the message
     * @return the number, unsigned
     */
    long hex(final String text, final String what) {
        boolean good = !text.isEmpty() && text.length() <= 16;
        for (int i = 0; good && i < text.length(); i++) {
            good = Character.digit(text.charAt(i), 16) >= 0 && text.charAt(i) < 128;
        }
        if (!good) {
            throw error(
                    "bad " + what + ": got " + SnapshotException.quote(text) + ", allowed 1 to 16 hexadecimal digits");
        }
        return Long.parseUnsignedLong(text, 16);
    }

    /**
     * A decimal number.
     *
     * @param text digits
     * @param what its name, for the message
     * @return the number, 0 to 10^15 - 1
     */
    long decimal(final String text, final String what) {
        if (text.isEmpty() || text.length() > 15 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw error("bad " + what + ": got " + SnapshotException.quote(text) + ", allowed 1 to 15 decimal digits");
        }
        return Long.parseLong(text);
    }
}
