package org.gup.cost;

import java.util.EnumMap;
import java.util.Map;
import org.gup.shim.AccessKind;
import org.gup.shim.probe.Tally;
import org.gup.shim.probe.Word;
import org.junit.jupiter.api.Assertions;

/** What a piece of work should do to memory, item by item. Bills add up; a bill that is checked is complete. Immutable. */
final class Bill {
    static final Bill NOTHING = new Bill(new EnumMap<>(Word.class));

    private final Map<Word, Map<AccessKind, Long>> items;

    private Bill(final Map<Word, Map<AccessKind, Long>> items) {
        this.items = items;
    }

    /** What was done. */
    static Bill of(final Tally tally) {
        final Bill bill = copy(NOTHING);
        tally.accesses().forEach(a -> bill.put(a.word(), a.kind(), 1));
        return bill;
    }

    private static Bill copy(final Bill of) {
        final Bill bill = new Bill(new EnumMap<>(Word.class));
        of.items.forEach((word, kinds) -> kinds.forEach((kind, n) -> bill.put(word, kind, n)));
        return bill;
    }

    private void put(final Word word, final AccessKind kind, final long n) {
        items.computeIfAbsent(word, w -> new EnumMap<>(AccessKind.class)).merge(kind, n, Long::sum);
    }

    /** One more item. */
    Bill and(final long n, final AccessKind kind, final Word word) {
        final Bill bill = copy(this);
        if (n != 0) {
            bill.put(word, kind, n);
        }
        return bill;
    }

    Bill plus(final Bill other) {
        final Bill bill = copy(this);
        other.items.forEach((word, kinds) -> kinds.forEach((kind, n) -> bill.put(word, kind, n)));
        return bill;
    }

    Bill times(final long factor) {
        final Bill bill = copy(NOTHING);
        if (factor != 0) {
            items.forEach((word, kinds) -> kinds.forEach((kind, n) -> bill.put(word, kind, n * factor)));
        }
        return bill;
    }

    /** What one bill has more of than another. */
    Bill minus(final Bill other) {
        final Bill bill = copy(NOTHING);
        plus(other.times(-1))
                .items
                .forEach((word, kinds) -> kinds.forEach((kind, n) -> {
                    if (n != 0) {
                        bill.put(word, kind, n);
                    }
                }));
        return bill;
    }

    /** Locked operations. */
    long locked() {
        return items.values().stream()
                .mapToLong(k -> k.getOrDefault(AccessKind.RMW, 0L) + k.getOrDefault(AccessKind.STORE_VOLATILE, 0L))
                .sum();
    }

    /** Loads. */
    long loads() {
        return items.values().stream()
                .flatMap(k -> k.entrySet().stream())
                .filter(e -> e.getKey().isLoad())
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Demands that a piece of work did this and nothing else. */
    void check(final Tally tally) {
        check(tally, "");
    }

    void check(final Tally tally, final String what) {
        Assertions.assertEquals(toString(), of(tally).toString(), what);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof Bill bill && bill.items.equals(items);
    }

    @Override
    public int hashCode() {
        return items.hashCode();
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        items.forEach((word, kinds) -> kinds.forEach((kind, n) -> text.append(text.isEmpty() ? "" : ", ")
                .append(n)
                .append(' ')
                .append(kind)
                .append(' ')
                .append(word)));
        return text.toString();
    }
}
