package org.gup.bench.text;

import java.io.Serializable;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Orders names as people do: numbers in them by their value, so that 4 comes before 32, and a part before what it is a part of. */
public final class NaturalOrder implements Comparator<String>, Serializable {
    private static final long serialVersionUID = 1;
    private static final Pattern PIECE = Pattern.compile("\\d+|/|[^\\d/]+");

    /** An order. */
    public NaturalOrder() {}

    @Override
    public int compare(final String one, final String other) {
        final Matcher ones = PIECE.matcher(one);
        final Matcher others = PIECE.matcher(other);
        while (true) {
            final boolean more = ones.find();
            if (!others.find()) {
                return more ? 1 : one.compareTo(other);
            }
            if (!more) {
                return -1;
            }
            final int order = piece(ones.group(), others.group());
            if (order != 0) {
                return order;
            }
        }
    }

    private static int piece(final String one, final String other) {
        final boolean numbers = Character.isDigit(one.charAt(0)) && Character.isDigit(other.charAt(0));
        if (numbers) {
            final String shorter = one.replaceFirst("^0+(?=.)", "");
            final String longer = other.replaceFirst("^0+(?=.)", "");
            return shorter.length() == longer.length()
                    ? shorter.compareTo(longer)
                    : Integer.compare(shorter.length(), longer.length());
        }
        return one.equals("/") == other.equals("/") ? one.compareTo(other) : one.equals("/") ? -1 : 1;
    }
}
