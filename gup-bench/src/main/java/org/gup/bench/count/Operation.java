package org.gup.bench.count;

import java.util.List;
import java.util.function.ToLongFunction;
import org.gup.shim.AccessKind;
import org.gup.shim.probe.Tally;
import org.gup.shim.probe.Word;

/** What is counted of a call, as far as the accesses to memory tell it apart. */
public enum Operation {
    /** Loads of page-table entries, of every level. */
    ENTRY_LOADS("entry loads", tally -> tally.loads(Word.ENTRY)),
    /** Loads of fields of {@code struct page}. */
    PAGE_LOADS(
            "struct page loads",
            tally -> List.of(Word.REFCOUNT, Word.FLAGS, Word.COMPOUND_HEAD, Word.COLD).stream()
                    .mapToLong(tally::loads)
                    .sum()),
    /** Atomic read-modify-writes, and stores with a full fence: what x86 locks the line for. */
    LOCKED("locked operations", Tally::locked),
    /** Those among them that take or drop a reference. */
    REFERENCES("of which references", tally -> tally.rmws(Word.REFCOUNT)),
    /** Those among them that change page flags; page locks are flags. */
    FLAGS("of which page flags", tally -> tally.rmws(Word.FLAGS)),
    /** Ordinary stores, without those into the caller's array. */
    STORES("stores", tally -> tally.count(a -> a.kind().isStore() && a.kind() != AccessKind.STORE_VOLATILE)),
    /** Page-table locks taken. */
    TABLE_LOCKS("table locks", tally -> tally.rmws(Word.TABLE_LOCK)),
    /** The lock over reverse mappings taken; giving it back is an atomic operation too. */
    RMAP_LOCKS("rmap locks", tally -> tally.rmws(Word.RMAP_LOCK) / 2),
    /** mmap_sem taken for reading; the same. */
    MMAP_SEM("mmap_sem", tally -> tally.rmws(Word.MMAP_SEM) / 2),
    /** Zone locks taken. */
    ZONE_LOCKS("zone locks", tally -> tally.rmws(Word.ZONE)),
    /** Copies of 4 KiB. */
    COPIES("copies", tally -> tally.of(AccessKind.COPY)),
    /** TLB flushes; a kernel sends one round of IPIs for each if the process runs on another CPU too. */
    FLUSHES("TLB flushes", tally -> tally.of(AccessKind.FENCE)),
    /** Drains of every CPU's pagevecs. */
    DRAINS("drains", tally -> 0),
    /** Frames and huge pages allocated. */
    ALLOCATIONS("allocations", tally -> 0);

    private final String label;

    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    private final ToLongFunction<Tally> count;

    Operation(final String label, final ToLongFunction<Tally> count) {
        this.label = label;
        this.count = count;
    }

    /**
     * What a reader calls it.
     *
     * @return a few words, in the plural
     */
    public String label() {
        return label;
    }

    /**
     * The name of its counter.
     *
     * @return letters and dashes
     */
    public String counter() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /** How many there are in what a call did to memory; 0 for what the model's own counters tell. */
    long in(final Tally tally) {
        return count.applyAsLong(tally);
    }
}
