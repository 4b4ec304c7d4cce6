package org.gup.mm;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.gup.rmap.Rmap;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Where an address space may map pages that stand for several. Models the {@code rmap_item}s of mm/ksm.c: such a page has an
 * owner of its own, and the addresses are listed.
 *
 * <p>An address stays listed when something else is mapped there: who follows the list looks at the entry.
 *
 * <p>Threading: read under the rmap lock, changed under mmap_sem and the rmap lock for write.
 */
final class MergedPages {
    private final Rmap rmap;
    private final RmapOwners owners;
    private final Map<Long, NavigableSet<Long>> addresses = new HashMap<>();

    MergedPages(final Rmap rmap, final RmapOwners owners) {
        this.rmap = rmap;
        this.owners = owners;
    }

    /** A new owner for a page that will stand for several. */
    long newOwner() {
        return rmap.newOwner(null);
    }

    /** An owner's page may be mapped at an address from now on. Takes the rmap lock. */
    void add(final Task task, final long owner, final long address) {
        rmap.lockWrite();
        final NavigableSet<Long> known = addresses.get(owner);
        final NavigableSet<Long> all = known == null ? new TreeSet<>() : known;
        all.add(address);
        addresses.put(owner, all);
        rmap.unlockWrite();
        if (known == null) {
            owners.link(task, owner);
        }
    }

    boolean isOwner(final long owner) {
        return addresses.containsKey(owner);
    }

    /** The lowest address, from one on, at which an owner's page may be mapped; -1 if there is none. */
    long firstListed(final long owner, final long from) {
        final NavigableSet<Long> listed = addresses.get(owner);
        final Long first = listed == null ? null : listed.ceiling(from);
        return first == null ? -1 : first;
    }

    /** Entries are moving. Under the rmap lock for write. */
    void move(final long from, final long to, final long length) {
        for (final NavigableSet<Long> listed : addresses.values()) {
            for (@Nullable Long at = listed.ceiling(from); at != null && at < from + length; at = listed.higher(at)) {
                listed.add(at - from + to);
            }
        }
    }

    /** A child of fork maps what its parent does. */
    void copyFrom(final Task task, final MergedPages parent) {
        rmap.lockWrite();
        for (final Map.Entry<Long, NavigableSet<Long>> entry : parent.addresses.entrySet()) {
            addresses.put(entry.getKey(), new TreeSet<>(entry.getValue()));
        }
        rmap.unlockWrite();
        for (final Long owner : addresses.keySet()) {
            owners.link(task, owner);
        }
    }

    /** The address space maps nothing any more. */
    void forgetAll(final Task task) {
        for (final Long owner : addresses.keySet()) {
            owners.unlink(task, owner);
        }
        rmap.lockWrite();
        addresses.clear();
        rmap.unlockWrite();
    }
}
