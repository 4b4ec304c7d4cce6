package org.gup.bench.rejection;

import java.util.ArrayList;
import java.util.List;
import org.gup.flags.Errno;
import org.gup.kernel.FsDaxCheck;

/**
 * One thing that is timed: a longterm call over pages of which those from a position on belong to a file of a DAX file system.
 *
 * @param mapping how that file is mapped, and which call it is
 * @param kernel where its mapping is refused
 * @param position pages of the call before that mapping: all of them if it has none
 * @param pages pages of the call
 */
public record Refusal(Mapping mapping, Kernel kernel, int position, int pages) {
    /** Pages of a call that reaches the mapping. */
    public static final int PAGES = 512;

    private static final int[] POSITIONS = {0, 1, 8, 64, 256, 511};
    private static final int[] FEW_POSITIONS = {0, 256, 511};
    private static final int[] ORDINARY_PAGES = {1, 8, PAGES};

    /** What the call meets. */
    public enum Mapping {
        /** get_user_pages: pages of the file, mapped one by one. */
        PTE("pte", "4K entries"),
        /** get_user_pages: pages of the file, all mapped by one entry. */
        PMD("pmd", "one 2M entry"),
        /** get_user_pages_fast: pages of the file, mapped one by one, at the first of which the lock-free walk stops. */
        FAST("fast", "4K entries, get_user_pages_fast"),
        /** get_user_pages: ordinary memory alone. */
        NONE("none", "no DAX");

        private final String word;
        private final String label;

        Mapping(final String word, final String label) {
            this.word = word;
            this.label = label;
        }

        /**
         * Its part of a case's id.
         *
         * @return a word
         */
        public String word() {
            return word;
        }

        /**
         * What a reader calls it.
         *
         * @return a few words
         */
        public String label() {
            return label;
        }
    }

    /** A copy of the calls. */
    public enum Kernel {
        /** v5.2. */
        AFTER("after", FsDaxCheck.AFTER_WALK),
        /** The same once more: what differs is noise. */
        AFTER_AGAIN("after-again", FsDaxCheck.AFTER_WALK),
        /** v5.11. */
        BEFORE("before", FsDaxCheck.BEFORE_WALK);

        private final String word;
        private final FsDaxCheck check;

        Kernel(final String word, final FsDaxCheck check) {
            this.word = word;
            this.check = check;
        }

        /**
         * Its part of a case's id.
         *
         * @return a word
         */
        public String word() {
            return word;
        }

        FsDaxCheck check() {
            return check;
        }
    }

    /**
     * Every case.
     *
     * @return in the order of the tables; what is compared stands side by side
     */
    public static List<Refusal> all() {
        final List<Refusal> all = new ArrayList<>();
        for (final Mapping mapping : List.of(Mapping.PTE, Mapping.PMD, Mapping.FAST)) {
            for (final int position : mapping == Mapping.PTE ? POSITIONS : FEW_POSITIONS) {
                all.add(new Refusal(mapping, Kernel.AFTER, position, PAGES));
                all.add(new Refusal(mapping, Kernel.BEFORE, position, PAGES));
            }
        }
        for (final int pages : ORDINARY_PAGES) {
            all.add(new Refusal(Mapping.NONE, Kernel.AFTER, pages, pages));
            if (pages == 1 || pages == PAGES) {
                all.add(new Refusal(Mapping.NONE, Kernel.AFTER_AGAIN, pages, pages));
            }
            all.add(new Refusal(Mapping.NONE, Kernel.BEFORE, pages, pages));
        }
        return List.copyOf(all);
    }

    /**
     * The same call to another copy.
     *
     * @param other the copy
     * @return a case
     */
    public Refusal by(final Kernel other) {
        return new Refusal(mapping, other, position, pages);
    }

    /**
     * The key of everything written about it.
     *
     * @return such as {@code refuse/pte/after/511}
     */
    public String id() {
        return RejectionForks.PREFIX + mapping.word + "/" + kernel.word + "/" + position;
    }

    /**
     * What a reader calls it.
     *
     * @return a few words
     */
    public String label() {
        final String what = mapping == Mapping.NONE
                ? "no DAX, " + pages + (pages == 1 ? " page" : " pages")
                : mapping.label + " from page " + position;
        return what + ", check " + kernel.check.label() + " the walk" + (kernel == Kernel.AFTER_AGAIN ? " (A/A)" : "");
    }

    boolean isFast() {
        return mapping == Mapping.FAST;
    }

    /** What the call must return. */
    int result() {
        if (mapping == Mapping.NONE) {
            return pages;
        }
        final boolean keepsPrefix = isFast() || kernel.check == FsDaxCheck.BEFORE_WALK;
        return keepsPrefix && position > 0 ? position : -Errno.EOPNOTSUPP;
    }

    /** Pages that the call must have pinned and given back before it returned. */
    int thrownAway() {
        if (mapping == Mapping.NONE || kernel.check == FsDaxCheck.BEFORE_WALK) {
            return 0;
        }
        return isFast() ? pages - position : pages;
    }
}
