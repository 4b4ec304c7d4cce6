package org.gup.property;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.gup.mm.Mman;
import org.jspecify.annotations.Nullable;

/**
 * What every address must hold: a map for each address space, from page to value. It knows mappings, protections, private
 * and shared, and nothing of pages, entries or references.
 */
final class Shadow {
    /** Something that several mappings share: a file, or shared memory. */
    static final class Contents {
        final String name;
        final long pages;
        final boolean fsDax;
        final boolean file;
        private final Map<Long, Long> values = new HashMap<>();

        Contents(final String name, final long pages, final boolean file, final boolean fsDax) {
            this.name = name;
            this.pages = pages;
            this.file = file;
            this.fsDax = fsDax;
        }

        long read(final long index) {
            return values.getOrDefault(index, 0L);
        }

        boolean isWritten(final long index) {
            return values.containsKey(index);
        }

        void write(final long index, final long value) {
            values.put(index, value);
        }
    }

    /** One page of a mapping. */
    static final class Page {
        int prot;
        final boolean shared;
        final @Nullable Contents contents;
        final long index;
        /** What a private page has been written; null: it shows the file, or zeroes. */
        @Nullable
        Long own;
        /** Its memory is faulty: nobody may touch it. */
        boolean poisoned;

        Page(final int prot, final boolean shared, final @Nullable Contents contents, final long index) {
            this.prot = prot;
            this.shared = shared;
            this.contents = contents;
            this.index = index;
        }

        Page copy() {
            final Page copy = new Page(prot, shared, contents, index);
            copy.own = own;
            copy.poisoned = poisoned;
            return copy;
        }

        boolean isAnonymous() {
            return contents == null;
        }

        boolean isBeyondEnd() {
            return contents != null && index >= contents.pages && own == null;
        }

        boolean isUntouched() {
            return own == null && !poisoned && (contents == null || !contents.isWritten(index)) && !isBeyondEnd();
        }

        boolean isReadable() {
            return (prot & Mman.PROT_READ) != 0;
        }

        boolean isWritable() {
            return (prot & Mman.PROT_WRITE) != 0;
        }

        long value() {
            final Long written = own;
            if (written != null) {
                return written;
            }
            return contents == null ? 0 : contents.read(index);
        }

        /** The process's page is made ready for a write: a private one becomes its own. */
        void breakCopyOnWrite() {
            if (!shared && own == null) {
                own = value();
            }
        }

        /** Somebody wrote to the page that is shown. */
        void written(final long value) {
            if (own == null && contents != null) {
                contents.write(index, value);
            } else {
                own = value;
            }
        }

        /** The process writes: a private page becomes its own. */
        void write(final long value) {
            if (shared && contents != null) {
                contents.write(index, value);
            } else {
                own = value;
            }
        }
    }

    /** By page number of the address. */
    private final Map<Integer, TreeMap<Long, Page>> spaces = new HashMap<>();

    Shadow() {
        spaces.put(0, new TreeMap<>());
    }

    NavigableMap<Long, Page> space(final int space) {
        return spaces.computeIfAbsent(space, s -> new TreeMap<>());
    }

    @Nullable
    Page at(final int space, final long page) {
        return space(space).get(page);
    }

    void map(
            final int space,
            final long page,
            final long pages,
            final int prot,
            final boolean shared,
            final @Nullable Contents contents,
            final long index) {
        for (long i = 0; i < pages; i++) {
            space(space).put(page + i, new Page(prot, shared, contents, index + i));
        }
    }

    void unmap(final int space, final long page, final long pages) {
        space(space).subMap(page, page + pages).clear();
    }

    /** mprotect: up to the first hole. */
    boolean protect(final int space, final long page, final long pages, final int prot) {
        for (long i = 0; i < pages; i++) {
            final Page at = at(space, page + i);
            if (at == null) {
                return false;
            }
            at.prot = prot;
        }
        return true;
    }

    /** MADV_DONTNEED: what is private is forgotten. */
    void forget(final int space, final long page, final long pages) {
        space(space).subMap(page, page + pages).values().forEach(at -> {
            at.own = null;
            at.poisoned = false;
        });
    }

    void fork(final int from, final int to) {
        final TreeMap<Long, Page> child = new TreeMap<>();
        space(from).forEach((page, at) -> child.put(page, at.copy()));
        spaces.put(to, child);
    }

    void exit(final int space) {
        spaces.remove(space);
    }

    /** Moves mapped pages, of one mapping; those beyond the new length go, and those beyond the old one are new. */
    void move(final int space, final long from, final long asked, final long to, final long newPages) {
        final long oldPages = Math.min(asked, newPages);
        unmap(space, from + oldPages, asked - oldPages);
        final Page last = at(space, from + oldPages - 1);
        if (last == null) {
            throw new IllegalStateException("moved what is not mapped: " + from);
        }
        final TreeMap<Long, Page> moved = new TreeMap<>();
        for (long i = 0; i < newPages; i++) {
            final Page old = i < oldPages ? at(space, from + i) : null;
            moved.put(
                    to + i,
                    old != null ? old : new Page(last.prot, last.shared, last.contents, last.index + i - oldPages + 1));
        }
        unmap(space, from, oldPages);
        unmap(space, to, newPages);
        space(space).putAll(moved);
    }
}
