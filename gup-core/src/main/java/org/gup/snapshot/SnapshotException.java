package org.gup.snapshot;

/**
 * An input that cannot be used, in one line: {@code file:line} or {@code file@offset}, then what is wrong, what was found
 * and what is allowed.
 *
 * <p>Offsets of packed files count unpacked bytes. Text that is quoted from the input has its control characters escaped.
 */
public final class SnapshotException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_QUOTE = 80;

    /**
     * An input that cannot be used.
     *
     * @param message one line
     */
    public SnapshotException(final String message) {
        super(message);
    }

    static SnapshotException ofFile(final String file, final String what) {
        return new SnapshotException(escape(file) + ": " + what);
    }

    static SnapshotException atLine(final String file, final long line, final String what) {
        return new SnapshotException(escape(file) + ":" + line + ": " + what);
    }

    static SnapshotException atOffset(final String file, final long offset, final String what) {
        return new SnapshotException(escape(file) + "@" + offset + ": " + what);
    }

    /** Quotes a piece of the input: printable, and not longer than a line can bear. */
    static String quote(final String text) {
        final boolean cut = text.length() > MAX_QUOTE;
        return '"' + escape(cut ? text.substring(0, MAX_QUOTE) : text) + (cut ? "\"..." : "\"");
    }

    static String hex(final long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String escape(final String text) {
        final StringBuilder escaped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            if (c >= ' ' && c <= '~') {
                escaped.append(c);
            } else {
                final String digits = Integer.toHexString(c);
                escaped.append("\\u").append("0000", 0, 4 - digits.length()).append(digits);
            }
        }
        return escaped.toString();
    }
}
