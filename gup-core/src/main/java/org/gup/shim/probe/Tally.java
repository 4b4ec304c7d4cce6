package org.gup.shim.probe;

import java.util.List;
import java.util.function.Predicate;
import org.gup.shim.AccessKind;

/**
 * What a piece of work did to memory, access by access, in order.
 *
 * @param accesses all of them
 */
public record Tally(List<Access> accesses) {
    public Tally {
        accesses = List.copyOf(accesses);
    }

    /** Accesses of one kind to one sort of word. */
    public long of(final AccessKind kind, final Word word) {
        return count(a -> a.kind() == kind && a.word() == word);
    }

    /** Accesses of one kind. */
    public long of(final AccessKind kind) {
        return count(a -> a.kind() == kind);
    }

    /** Locked operations: read-modify-writes, and stores with a full fence. */
    public long locked() {
        return count(a -> a.kind() == AccessKind.RMW || a.kind() == AccessKind.STORE_VOLATILE);
    }

    /** Loads of one sort of word, of whatever mode; the load in a read-modify-write is not one. */
    public long loads(final Word word) {
        return count(a -> a.kind().isLoad() && a.word() == word);
    }

    /** Loads of all words. */
    public long loads() {
        return count(a -> a.kind().isLoad());
    }

    /** Stores to one sort of word, of whatever mode. */
    public long stores(final Word word) {
        return count(a -> a.kind().isStore() && a.word() == word);
    }

    /** Read-modify-writes of one sort of word. */
    public long rmws(final Word word) {
        return of(AccessKind.RMW, word);
    }

    /** Any access to one sort of word. */
    public long touches(final Word word) {
        return count(a -> a.word() == word);
    }

    public long count(final Predicate<Access> which) {
        return accesses.stream().filter(which).count();
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        for (final Word word : Word.values()) {
            for (final AccessKind kind : AccessKind.values()) {
                final long n = of(kind, word);
                if (n > 0) {
                    text.append(text.isEmpty() ? "" : ", ")
                            .append(n)
                            .append(' ')
                            .append(kind)
                            .append(' ')
                            .append(word);
                }
            }
        }
        return text.toString();
    }
}
