package org.gup.snapshot;

/** Page tables that can be read: those of a dump, or those of a model. */
@FunctionalInterface
interface EntrySource {
    /**
     * An entry.
     *
     * @param tablePfn frame of the table
     * @param index 0 to 511
     * @return the entry
     */
    long entry(long tablePfn, int index);
}
