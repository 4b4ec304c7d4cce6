package org.gup.zone;

import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.page.PageDescriptor.PG_PAGEVEC;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;

import java.util.concurrent.atomic.AtomicLong;
import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;

/**
 * Which pages are in use by processes, and how recently. Models mm/swap.c, v5.2: the LRU lists and two pagevecs of each CPU
 * in front of them, one for additions and one for activations.
 *
 * <p>A page added goes on its CPU's pagevec, which holds a reference to it, and on a list with PG_lru only when the
 * pagevec is drained: with its 15th page, at once for a compound page, or on demand. Until then the page cannot be
 * isolated, and its count is one higher than its users explain.
 *
 * <p>A page on a list that is to become active waits on its CPU's other pagevec in the same way, with a reference held for
 * that, but with PG_lru set: it can be isolated, and its count is one higher until somebody drains that CPU.
 *
 * <p>Assumptions: the caller holds a reference to the page it names, except for {@link #isolate}. Guarantees: a page is on
 * one addition pagevec, on one list, or on neither; when {@link #drainAll} returns, no pagevec holds a reference to a page
 * that was queued before it began. Progress: blocking. Allocates no Java objects.
 */
public final class Lruvec {
    /** Bytes of the pagevecs of a CPU. */
    static final int PAGEVECS_LENGTH = 2 * Pagevec.LENGTH;

    private final MemMap memMap;
    private final WalkerEpoch epoch;
    private final Await await;
    private final LruLists lists;
    private final long pagevecs;
    private final int cpus;
    private final AtomicLong isolatedAnon = new AtomicLong();
    private final AtomicLong isolatedFile = new AtomicLong();

    Lruvec(
            final MemMap memMap,
            final WalkerEpoch epoch,
            final Await await,
            final LruLists lists,
            final long pagevecs,
            final int cpus) {
        this.memMap = memMap;
        this.epoch = epoch;
        this.await = await;
        this.lists = lists;
        this.pagevecs = pagevecs;
        this.cpus = cpus;
    }

    /**
     * Adds a new page. Models {@code lru_cache_add_active_or_unevictable()}, and {@code lru_cache_add_anon()} and its file
     * twin. PG_swapbacked, which says anon or file, is set before.
     *
     * @param task whose CPU's pagevec takes it
     * @param pfn a base page, or the head of a compound page
     * @param active whether it starts on the active list
     * @throws IllegalStateException if the page is on a pagevec or list already, or free; or if the model is closed
     */
    public void add(final Task task, final long pfn, final boolean active) {
        epoch.enterCall(task);
        try {
            final long page = memMap.page(checked(pfn));
            final int flags = PageDescriptor.flagsVolatile(page);
            if ((flags & (PG_PAGEVEC | PG_LRU)) != 0) {
                throw alreadyThere(pfn);
            }
            if (active) {
                PageDescriptor.setFlags(page, PG_ACTIVE);
            } else if ((flags & PG_ACTIVE) != 0) {
                PageDescriptor.clearFlags(page, PG_ACTIVE);
            }
            addToPagevec(task, pfn);
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Puts an isolated page back and drops the reference that isolating it took. Models {@code putback_lru_page()}.
     *
     * @param task whose CPU's pagevec takes it
     * @param headPfn what {@link #isolate} was given
     * @throws IllegalStateException if the page is on a pagevec or list, or free; or if the model is closed
     */
    public void putback(final Task task, final long headPfn) {
        epoch.enterCall(task);
        try {
            addToPagevec(task, checked(headPfn));
            memMap.put(task, memMap.page(headPfn), 1);
        } finally {
            epoch.exitCall(task);
        }
    }

    private void addToPagevec(final Task task, final long pfn) {
        final long page = memMap.page(pfn);
        if (!PageRef.tryGet(page, 1)) {
            throw new IllegalStateException("LRU add of a page without a reference: pfn=" + pfn);
        }
        final int flags = PageDescriptor.setFlags(page, PG_PAGEVEC);
        if ((flags & (PG_PAGEVEC | PG_LRU)) != 0) {
            if ((flags & PG_PAGEVEC) == 0) {
                PageDescriptor.clearFlags(page, PG_PAGEVEC);
            }
            memMap.put(task, page, 1);
            throw alreadyThere(pfn);
        }
        final long pagevec = pagevec(task.cpu());
        Pagevec.lock(pagevec, await);
        try {
            if (Pagevec.add(pagevec, pfn) == Pagevec.SIZE || (flags & PG_HEAD) != 0) {
                drain(pagevec, task);
            }
        } finally {
            Pagevec.unlock(pagevec);
        }
    }

    private static IllegalStateException alreadyThere(final long pfn) {
        return new IllegalStateException("LRU add of a page that is on the LRU: pfn=" + pfn);
    }

    /**
     * Carries out what waits on a CPU's pagevecs and drops their references. Models {@code lru_add_drain_cpu()}.
     *
     * @param cpu whose pagevecs
     * @param task who drops the references
     * @throws IllegalStateException if the model is closed
     */
    public void drainCpu(final int cpu, final Task task) {
        checkedCpu(cpu);
        epoch.enterCall(task);
        try {
            drainBoth(cpu, task);
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Drains every CPU's pagevecs. Models {@code lru_add_drain_all()}.
     *
     * <p>Differs: the caller does it itself, where the kernel has work done on each CPU and waits for it.
     *
     * @param task who drops the references
     * @throws IllegalStateException if the model is closed
     */
    public void drainAll(final Task task) {
        epoch.enterCall(task);
        try {
            task.counters().add(Counter.LRU_ADD_DRAIN_ALL, 1);
            for (int cpu = 0; cpu < cpus; cpu++) {
                drainBoth(cpu, task);
            }
        } finally {
            epoch.exitCall(task);
        }
    }

    private void drainBoth(final int cpu, final Task task) {
        final long additions = pagevec(cpu);
        Pagevec.lock(additions, await);
        try {
            drain(additions, task);
        } finally {
            Pagevec.unlock(additions);
        }
        final long activations = activations(cpu);
        Pagevec.lock(activations, await);
        try {
            drainActivations(activations, task);
        } finally {
            Pagevec.unlock(activations);
        }
    }

    /** The references are dropped under the pagevec's lock, so that whoever finds it empty knows that they are gone. */
    private void drain(final long pagevec, final Task task) {
        final int count = Pagevec.count(pagevec);
        if (count == 0) {
            return;
        }
        lists.lock();
        try {
            for (int i = 0; i < count; i++) {
                final long pfn = Pagevec.pfn(pagevec, i);
                PageDescriptor.clearFlags(memMap.page(pfn), PG_PAGEVEC);
                lists.link(pfn);
            }
        } finally {
            lists.unlock();
        }
        empty(pagevec, count, task);
    }

    /** Models {@code pagevec_lru_move_fn()} with {@code __activate_page()}. */
    private void drainActivations(final long pagevec, final Task task) {
        final int count = Pagevec.count(pagevec);
        if (count == 0) {
            return;
        }
        lists.lock();
        try {
            for (int i = 0; i < count; i++) {
                activateLocked(Pagevec.pfn(pagevec, i));
            }
        } finally {
            lists.unlock();
        }
        empty(pagevec, count, task);
    }

    /** It may have been isolated, activated or locked into memory since it was queued. */
    private void activateLocked(final long pfn) {
        final long page = memMap.page(pfn);
        if ((PageDescriptor.flagsVolatile(page) & (PG_LRU | PG_ACTIVE | PG_UNEVICTABLE)) == PG_LRU) {
            lists.unlink(pfn);
            PageDescriptor.setFlags(page, PG_ACTIVE);
            lists.link(pfn);
        }
    }

    private void empty(final long pagevec, final int count, final Task task) {
        for (int i = count - 1; i >= 0; i--) {
            Pagevec.count(pagevec, i);
            memMap.put(task, memMap.page(Pagevec.pfn(pagevec, i)), 1);
        }
    }

    /**
     * Takes a page off its list, with a reference. Models {@code isolate_lru_page()}.
     *
     * <p>Differs: a page whose last reference has just been dropped is refused, where the kernel demands that the caller
     * hold one; so a scan over pfns may call this too.
     *
     * @param headPfn a page; tails are never on a list
     * @return whether it was isolated; false if it is on no list, such as while it waits on a pagevec
     * @throws IllegalStateException if the model is closed
     */
    public boolean isolate(final long headPfn) {
        epoch.enterInspection();
        try {
            final long page = memMap.page(checked(headPfn));
            if ((PageDescriptor.flagsVolatile(page) & PG_LRU) == 0) {
                return false;
            }
            lists.lock();
            try {
                // The flag again: only under the lock does it say that the page is on a list.
                if ((PageDescriptor.flagsVolatile(page) & PG_LRU) == 0 || !PageRef.tryGet(page, 1)) {
                    return false;
                }
                lists.unlink(headPfn);
                return true;
            } finally {
                lists.unlock();
            }
        } finally {
            epoch.exitInspection();
        }
    }

    /**
     * Notes that a page was used: once sets PG_referenced, a second time queues it for the active list. Models
     * {@code mark_page_accessed()}. A page that waits on the addition pagevec of the task's own CPU will start on the active
     * list; one that is on no list and not there stays what it is.
     *
     * <p>The queue holds a reference. Nobody drains it but {@link #drainCpu}, {@link #drainAll} and its 15th page; a compound
     * page drains it at once.
     *
     * @param task who used it
     * @param headPfn a base page, or the head of a compound page
     * @throws IllegalStateException if the model is closed
     */
    public void markAccessed(final Task task, final long headPfn) {
        epoch.enterCall(task);
        try {
            final long page = memMap.page(checked(headPfn));
            final int flags = PageDescriptor.flagsVolatile(page);
            if ((flags & PG_REFERENCED) == 0) {
                PageDescriptor.setFlags(page, PG_REFERENCED);
            } else if ((flags & (PG_ACTIVE | PG_UNEVICTABLE)) == 0) {
                if ((flags & PG_LRU) != 0) {
                    queueActivation(task, headPfn, flags);
                } else {
                    activateOnPagevec(task, headPfn);
                }
                PageDescriptor.clearFlags(page, PG_REFERENCED);
            }
        } finally {
            epoch.exitCall(task);
        }
    }

    /** Models {@code activate_page()}. */
    private void queueActivation(final Task task, final long pfn, final int flags) {
        final long pagevec = activations(task.cpu());
        PageRef.get(memMap.page(pfn), 1);
        Pagevec.lock(pagevec, await);
        try {
            if (Pagevec.add(pagevec, pfn) == Pagevec.SIZE || (flags & PG_HEAD) != 0) {
                drainActivations(pagevec, task);
            }
        } finally {
            Pagevec.unlock(pagevec);
        }
    }

    private void activateOnPagevec(final Task task, final long pfn) {
        final long pagevec = pagevec(task.cpu());
        Pagevec.lock(pagevec, await);
        try {
            if (Pagevec.contains(pagevec, pfn)) {
                PageDescriptor.setFlags(memMap.page(pfn), PG_ACTIVE);
            }
        } finally {
            Pagevec.unlock(pagevec);
        }
    }

    /**
     * Locks a page into memory: it gets PG_mlocked and moves to the unevictable list. Models {@code mlock_vma_page()}.
     *
     * @param task who locks it
     * @param pfn a base page, or the head of a compound page; its page lock is held
     * @throws IllegalStateException if the model is closed
     */
    public void mlock(final Task task, final long pfn) {
        epoch.enterCall(task);
        try {
            if ((PageDescriptor.setFlags(memMap.page(checked(pfn)), PG_MLOCKED) & PG_MLOCKED) == 0 && isolate(pfn)) {
                putback(task, pfn);
            }
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Ends {@link #mlock}. Models {@code munlock_vma_page()}.
     *
     * <p>Differs: it does not look whether another mapping keeps the page locked into memory; see
     * {@code Rmap.isMappedLocked}.
     *
     * @param task who unlocks it
     * @param pfn a base page, or the head of a compound page; its page lock is held
     * @throws IllegalStateException if the model is closed
     */
    public void munlock(final Task task, final long pfn) {
        epoch.enterCall(task);
        try {
            if ((PageDescriptor.clearFlags(memMap.page(checked(pfn)), PG_MLOCKED) & PG_MLOCKED) != 0 && isolate(pfn)) {
                putback(task, pfn);
            }
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Counts pages that were isolated, or are isolated no more. Models {@code mod_node_page_state(NR_ISOLATED_ANON + file)}.
     *
     * @param file whether they are file pages, that is, not PG_swapbacked
     * @param pages base pages; negative when they are put back or gone
     */
    public void countIsolated(final boolean file, final long pages) {
        (file ? isolatedFile : isolatedAnon).getAndAdd(pages);
    }

    /**
     * Isolated pages, as far as who isolated them has counted them.
     *
     * @param file file pages or anonymous ones
     * @return base pages
     */
    public long isolatedPages(final boolean file) {
        return (file ? isolatedFile : isolatedAnon).get();
    }

    /** Takes a page that nobody refers to any more off its list, if it is on one. Models {@code __page_cache_release()}. */
    void forget(final long headPfn) {
        final long page = memMap.page(headPfn);
        if ((PageDescriptor.flagsVolatile(page) & PG_LRU) == 0) {
            return;
        }
        lists.lock();
        try {
            lists.unlink(headPfn);
        } finally {
            lists.unlock();
        }
    }

    /**
     * Pages on the lists, pagevecs not included.
     *
     * @param active the active lists or the inactive ones
     * @return base pages
     * @throws IllegalStateException if the model is closed
     */
    public long pages(final boolean active) {
        return pages(active, false) + pages(active, true);
    }

    /**
     * Pages on one list, pagevecs not included.
     *
     * @param active the active list or the inactive one
     * @param file of file pages, or of anonymous ones
     * @return base pages
     * @throws IllegalStateException if the model is closed
     */
    public long pages(final boolean active, final boolean file) {
        epoch.enterInspection();
        try {
            return lists.pages(LruLists.listOf(active, file));
        } finally {
            epoch.exitInspection();
        }
    }

    /**
     * Pages on the unevictable list.
     *
     * @return base pages
     * @throws IllegalStateException if the model is closed
     */
    public long unevictablePages() {
        epoch.enterInspection();
        try {
            return lists.pages(LruLists.UNEVICTABLE);
        } finally {
            epoch.exitInspection();
        }
    }

    /**
     * Pages that wait on a CPU's pagevec to be added to a list.
     *
     * @param cpu whose
     * @return 0 to 14
     * @throws IllegalStateException if the model is closed
     */
    public int pagevecPages(final int cpu) {
        return countOf(pagevec(checkedCpu(cpu)));
    }

    /**
     * Pages that wait on a CPU's pagevec to become active.
     *
     * @param cpu whose
     * @return 0 to 14; a page may be there more than once
     * @throws IllegalStateException if the model is closed
     */
    public int activationPages(final int cpu) {
        return countOf(activations(checkedCpu(cpu)));
    }

    private int countOf(final long pagevec) {
        epoch.enterInspection();
        try {
            return Pagevec.count(pagevec);
        } finally {
            epoch.exitInspection();
        }
    }

    private int checkedCpu(final int cpu) {
        if (cpu < 0 || cpu >= cpus) {
            throw new IllegalArgumentException("no such CPU: cpu=" + cpu + ", cpus=" + cpus);
        }
        return cpu;
    }

    LruLists lists() {
        return lists;
    }

    /** Pfn 0 ends a list, so it cannot be on one. */
    private long checked(final long pfn) {
        if (pfn <= 0 || pfn >= memMap.nrPages()) {
            throw new IllegalArgumentException(
                    "pfn out of range: pfn=" + pfn + ", allowed 1 to " + (memMap.nrPages() - 1));
        }
        return pfn;
    }

    long pagevec(final int cpu) {
        return pagevecs + (long) cpu * PAGEVECS_LENGTH;
    }

    long activations(final int cpu) {
        return pagevec(cpu) + Pagevec.LENGTH;
    }
}
