package org.gup.mm;

import org.agrona.collections.Long2LongCounterMap;
import org.gup.file.MappedFile;
import org.gup.rmap.Rmap;
import org.gup.rmap.RmapTarget;
import org.gup.task.Task;

/**
 * Which owners of pages an address space has mappings of, so that reverse mapping finds it. Models the links of
 * {@code anon_vma_chain} and {@code i_mmap}, with one link for each owner and address space.
 *
 * <p>Threading: a monitor, after mmap_sem and the page lock, before the rmap lock.
 */
final class RmapOwners {
    private final Rmap rmap;
    private final RmapTarget target;
    /** For each owner, how many mappings have pages of it. */
    private final Long2LongCounterMap mappings = new Long2LongCounterMap(0);

    RmapOwners(final Rmap rmap, final RmapTarget target) {
        this.rmap = rmap;
        this.target = target;
    }

    /** A mapping is about to appear. */
    void link(final Task task, final VmArea vma) {
        final MappedFile file = vma.file();
        link(task, vma.anonVma());
        link(task, file == null ? 0 : file.owner());
    }

    /** A mapping is gone. */
    void unlink(final Task task, final VmArea vma) {
        final MappedFile file = vma.file();
        unlink(task, vma.anonVma());
        unlink(task, file == null ? 0 : file.owner());
    }

    /** One more link to an owner, 0 for none. */
    synchronized void link(final Task task, final long owner) {
        if (owner != 0 && mappings.incrementAndGet(owner) == 1) {
            rmap.attach(task, owner, target);
        }
    }

    synchronized void unlink(final Task task, final long owner) {
        if (owner != 0 && mappings.decrementAndGet(owner) == 0) {
            rmap.detach(task, owner, target);
        }
    }

    /** Gives a mapping its anonymous owner if it has none: the one given, or a new one for 0. */
    synchronized void setAnon(final Task task, final VmArea vma, final long shared) {
        if (vma.anonVma() == 0) {
            final long owner = shared != 0 ? shared : rmap.newOwner(null);
            link(task, owner);
            vma.setAnonVma(owner);
        }
    }
}
