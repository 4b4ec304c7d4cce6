package org.gup.bench.text;

import java.util.regex.Pattern;

/** Patterns of case names: {@code *} stands for anything, {@code ?} for one character; case does not matter. */
public final class Glob {
    private final Pattern pattern;
    private final String text;

    /**
     * A pattern.
     *
     * @param text the pattern; without a star it matches a name that contains it, behind an equals sign that name alone
     */
    public Glob(final String text) {
        this.text = text;
        final StringBuilder regex = new StringBuilder();
        final String wanted = text.startsWith("=")
                ? text.substring(1)
                : text.contains("*") || text.contains("?") ? text : "*" + text + "*";
        for (int i = 0; i < wanted.length(); i++) {
            final char c = wanted.charAt(i);
            switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        this.pattern = Pattern.compile(regex.toString(), Pattern.CASE_INSENSITIVE);
    }

    /**
     * Whether a name fits.
     *
     * @param name of a case
     * @return true if all of it fits
     */
    public boolean matches(final String name) {
        return pattern.matcher(name).matches();
    }

    @Override
    public String toString() {
        return text;
    }
}
