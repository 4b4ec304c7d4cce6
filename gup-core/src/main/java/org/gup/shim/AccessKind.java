package org.gup.shim;

/** How off-heap memory is accessed. */
public enum AccessKind {
    LOAD_PLAIN,
    LOAD_OPAQUE,
    LOAD_ACQUIRE,
    LOAD_VOLATILE,
    STORE_PLAIN,
    STORE_OPAQUE,
    STORE_RELEASE,
    /** A store and a full fence: x86 compiles it to a locked operation. */
    STORE_VOLATILE,
    /** An atomic read-modify-write, successful or not: a locked operation. */
    RMW,
    FENCE,
    /** Copies a stretch of memory. The address is where to. */
    COPY,
    /** Fills a stretch of memory with one byte. */
    FILL;

    @SuppressWarnings("EnumOrdinal") // the order of the constants is the question
    public boolean isLoad() {
        return ordinal() <= LOAD_VOLATILE.ordinal();
    }

    @SuppressWarnings("EnumOrdinal") // the order of the constants is the question
    public boolean isStore() {
        return ordinal() >= STORE_PLAIN.ordinal() && ordinal() <= STORE_VOLATILE.ordinal();
    }
}
