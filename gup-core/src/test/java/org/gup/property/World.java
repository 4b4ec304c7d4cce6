package org.gup.property;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.gup.fast.LeafGuard;
import org.gup.mm.Mman;
import org.gup.pgtable.PageTableGeometry;
import org.jspecify.annotations.Nullable;

/** Both models, the naive one beside them, and the comparisons. A difference is an {@link AssertionError}. */
final class World implements AutoCloseable {
    /** First page of the window that sequences live in; the start of a 2 MiB range. */
    static final long WINDOW = 0x7000_0000_0000L >>> PAGE_SHIFT;
    /** Pages of the window. */
    static final int WINDOW_PAGES = 1024;
    /** Pages at the very end of the task's addresses. */
    static final int TOP_PAGES = 8;

    private static final int UNTOUCHED_PART = 16;
    private static final int MAX_PINS = 6;
    private static final int MAX_PIN_PAGES = 64;

    /** Pages that both models keep. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares pins
    record Pin(int space, long page, int flags, long[] fast, long[] slow, Shadow.Page[] at) {}

    final Machine fast;
    final Machine slow;
    final Shadow shadow = new Shadow();
    final Map<Divergence, Integer> divergences;
    /**
     * A divergence has left the two models with other frames, huge pages or cached pages: contents and mappings still agree,
     * numbers of references and of pages that can be moved need not.
     */
    boolean framesDiffer;

    /** The files' contents, in the order of {@link Machine#files}. */
    private final List<Shadow.Contents> files = List.of(
            new Shadow.Contents("disk", Machine.FILE_PAGES, true, false),
            new Shadow.Contents("tmpfs", Machine.FILE_PAGES, true, false),
            new Shadow.Contents("dax", Machine.FILE_PAGES, true, true),
            new Shadow.Contents("device", Machine.FILE_PAGES, true, false));

    private final List<Pin> pins = new ArrayList<>();
    private final Gets gets;

    World(final int levels, final LeafGuard guard) {
        this(levels, guard, new EnumMap<>(Divergence.class));
    }

    /**
     * Two new models.
     *
     * @param levels of the page tables
     * @param guard of the fast walk
     * @param divergences where to count those that are seen
     */
    World(final int levels, final LeafGuard guard, final Map<Divergence, Integer> divergences) {
        this.divergences = divergences;
        fast = new Machine(true, levels, guard);
        slow = new Machine(false, levels, guard);
        gets = new Gets(this);
    }

    void saw(final Divergence divergence) {
        divergences.merge(divergence, 1, Integer::sum);
    }

    boolean lives(final int space) {
        return fast.spaces[space] != null;
    }

    /** One past the last page of the task. */
    long topPage() {
        return fast.space(0).walkRoot().geometry().taskSize() >>> PAGE_SHIFT;
    }

    /** A page by the number that steps have for it. */
    long absolute(final int page) {
        return page < 0 ? topPage() + page : WINDOW + page;
    }

    static void equal(final @Nullable Object fromSlow, final @Nullable Object fromFast, final String what) {
        if (!Objects.equals(fromSlow, fromFast)) {
            throw new AssertionError(what + ": slow=" + fromSlow + ", fast=" + fromFast);
        }
    }

    /** What the naive model says, and the real ones. */
    static void expect(final @Nullable Object naive, final @Nullable Object real, final String what) {
        if (!Objects.equals(naive, real)) {
            throw new AssertionError(what + ": naive=" + naive + ", real=" + real);
        }
    }

    /** The same call in both models, and its one answer. */
    long both(final String what, final ToLongFunction<Machine> call) {
        final long fromFast = call.applyAsLong(fast);
        final long fromSlow = call.applyAsLong(slow);
        equal(fromSlow, fromFast, what);
        return fromSlow;
    }

    void map(final int space, final long page, final int pages, final int prot, final boolean shared) {
        if (!lives(space)) {
            return;
        }
        final int flags = Mman.MAP_FIXED | Mman.MAP_ANONYMOUS | (shared ? Mman.MAP_SHARED : Mman.MAP_PRIVATE);
        final long address = page << PAGE_SHIFT;
        final long got =
                both("mmap", m -> m.space(space).mmap(m.task, address, (long) pages << PAGE_SHIFT, prot, flags));
        if (got == address) {
            final Shadow.Contents contents = shared ? new Shadow.Contents("shared memory", pages, false, false) : null;
            shadow.map(space, page, pages, prot, shared, contents, 0);
        }
    }

    void unmap(final int space, final long page, final int pages) {
        if (lives(space)
                && both("munmap", m -> m.space(space).munmap(m.task, page << PAGE_SHIFT, (long) pages << PAGE_SHIFT))
                        == 0) {
            shadow.unmap(space, page, pages);
        }
    }

    void protect(final int space, final long page, final int pages, final int prot) {
        if (!lives(space)) {
            return;
        }
        final long result = both(
                "mprotect", m -> m.space(space).mprotect(m.task, page << PAGE_SHIFT, (long) pages << PAGE_SHIFT, prot));
        expect(shadow.protect(space, page, pages, prot), result == 0, "mprotect");
    }

    void advise(final int space, final long page, final int pages, final int advice) {
        if (!lives(space)) {
            return;
        }
        both("madvise", m -> m.space(space).madvise(m.task, page << PAGE_SHIFT, (long) pages << PAGE_SHIFT, advice));
        if (advice == Mman.MADV_DONTNEED) {
            shadow.forget(space, page, pages);
        }
    }

    void mapFile(
            final int space,
            final long page,
            final int pages,
            final int prot,
            final boolean shared,
            final int file,
            final int index) {
        if (!lives(space)) {
            return;
        }
        final int flags = Mman.MAP_FIXED | (shared ? Mman.MAP_SHARED : Mman.MAP_PRIVATE);
        final long address = page << PAGE_SHIFT;
        final long got = both(
                "mmap",
                m -> m.space(space)
                        .mmapFile(m.task, address, (long) pages << PAGE_SHIFT, prot, flags, m.files.get(file), index));
        if (got == address) {
            shadow.map(space, page, pages, prot, shared, files.get(file), index);
        } else {
            forgetUnmapped(space);
        }
    }

    void writeFile(final int file, final int index, final long value) {
        if (both("write", m -> m.writeFile(file, index, value) ? 1 : 0) == 1) {
            files.get(file).write(index, value);
        }
    }

    void makeCold(final int index, final int pages) {
        drain();
        for (int i = index; i < index + pages; i++) {
            final int at = i;
            bothIfAlike("posix_fadvise", m -> m.makeCold(at) ? 1 : 0);
        }
    }

    void fork(final int from, final int to) {
        if (!lives(from) || from == to || lives(to)) {
            return;
        }
        both("fork", m -> (m.spaces[to] = m.space(from).fork(m.task)) != null ? 1 : 0);
        if (lives(to)) {
            shadow.fork(from, to);
        }
    }

    void exit(final int space) {
        if (space != 0 && lives(space)) {
            for (final Machine machine : List.of(fast, slow)) {
                machine.space(space).close(machine.task);
                machine.spaces[space] = null;
            }
            shadow.exit(space);
        }
    }

    void move(final int space, final long page, final int oldPages, final int newPages, final long to) {
        if (!lives(space)) {
            return;
        }
        final long got = both(
                "mremap",
                m -> m.space(space)
                        .mremap(
                                m.task,
                                page << PAGE_SHIFT,
                                (long) oldPages << PAGE_SHIFT,
                                (long) newPages << PAGE_SHIFT,
                                Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED,
                                to << PAGE_SHIFT));
        if (got == to << PAGE_SHIFT) {
            shadow.move(space, page, oldPages, to, newPages);
        } else {
            forgetUnmapped(space);
        }
    }

    /** After a call that failed: what was in the way of the new mapping may be gone, and so may the end of one that moves. */
    private void forgetUnmapped(final int space) {
        shadow.space(space).keySet().removeIf(p -> !slow.isMapped(space, p << PAGE_SHIFT));
    }

    void swapOut(final int space, final long page, final int pages) {
        if (lives(space)) {
            drain();
            bothIfAlike("swap out", m -> m.space(space).swapOut(m.task, page << PAGE_SHIFT, pages));
        }
    }

    void numaHint(final int space, final long page, final int pages) {
        if (lives(space)) {
            bothIfAlike("NUMA hint", m -> m.space(space).numaHint(m.task, page << PAGE_SHIFT, pages));
        }
    }

    void merge(final int space, final long page, final int pages) {
        if (lives(space)) {
            drain();
            bothIfAlike("merge", m -> m.space(space).mergeIdentical(m.task, page << PAGE_SHIFT, pages));
        }
    }

    /** What the models' different frames may make different, once they are. */
    private void bothIfAlike(final String what, final ToLongFunction<Machine> call) {
        final long fromFast = call.applyAsLong(fast);
        final long fromSlow = call.applyAsLong(slow);
        if (!framesDiffer) {
            equal(fromSlow, fromFast, what);
        }
    }

    /** A block that only one model can have goes back at once; contents stay wherever pages went. */
    void cmaAlloc(final int pages, final int order) {
        drain();
        final long fromFast = fast.area.alloc(fast.task, pages, order);
        final long fromSlow = slow.area.alloc(slow.task, pages, order);
        if (fromFast < 0 && fromSlow >= 0 && framesDiffer && pins.stream().anyMatch(this::isLongtermInCma)) {
            saw(Divergence.CMA_ALLOCATION_BLOCKED);
        } else if (!framesDiffer) {
            equal(fromSlow >= 0, fromFast >= 0, "contiguous allocation");
        }
        if (fromFast >= 0) {
            fast.area.release(fast.task, fromFast, pages);
        }
        if (fromSlow >= 0) {
            slow.area.release(slow.task, fromSlow, pages);
        }
    }

    private boolean isLongtermInCma(final Pin pin) {
        return (pin.flags & FOLL_LONGTERM) != 0 && Arrays.stream(pin.fast).anyMatch(fast::isCma);
    }

    /** Everybody who maps the page loses it. */
    void poison(final int space, final long page) {
        final Shadow.Page target = lives(space) ? shadow.at(space, page) : null;
        if (target == null || !target.isAnonymous()) {
            return;
        }
        final long address = page << PAGE_SHIFT;
        final long fastPfn = fast.mapped(space, address);
        final long slowPfn = slow.mapped(space, address);
        if (fast.isInSwapCache(fastPfn) || slow.isInSwapCache(slowPfn)) {
            // Its slot goes with it, and stays in use: not what is looked for here.
            return;
        }
        final List<Shadow.Page> sharers = new ArrayList<>();
        for (final int living : fast.living()) {
            shadow.space(living).forEach((at, shown) -> {
                final boolean inFast = fastPfn >= 0 && fast.mapped(living, at << PAGE_SHIFT) == fastPfn;
                final boolean inSlow = slowPfn >= 0 && slow.mapped(living, at << PAGE_SHIFT) == slowPfn;
                equal(inSlow, inFast, "whether page " + at + " of space " + living + " shares a page");
                if (inSlow) {
                    sharers.add(shown);
                }
            });
        }
        final long result = both("poison", m -> m.space(space).poison(m.task, address));
        if (result == 0) {
            fast.poisoned++;
            slow.poisoned++;
            sharers.forEach(shown -> shown.poisoned = true);
        }
    }

    void write(final int space, final long firstPage, final int pages, final long value, final boolean same) {
        if (!lives(space)) {
            return;
        }
        for (long page = firstPage; page < firstPage + pages; page++) {
            final long address = page << PAGE_SHIFT;
            final long mine = same ? value : value + page;
            final Shadow.Page at = shadow.at(space, page);
            final boolean expected = at != null && at.isWritable() && !at.isBeyondEnd() && !at.poisoned;
            expect(
                    expected ? 1L : 0L,
                    both("store", m -> m.store(space, address, mine) ? 1 : 0),
                    "store, page " + page);
            if (expected) {
                at.write(mine);
            }
        }
    }

    void read(final int space, final long firstPage, final int pages) {
        if (!lives(space)) {
            return;
        }
        for (long page = firstPage; page < firstPage + pages; page++) {
            readOne(space, page);
        }
    }

    private void readOne(final int space, final long page) {
        final long address = page << PAGE_SHIFT;
        final Long fromFast = fast.load(space, address);
        final Long fromSlow = slow.load(space, address);
        equal(fromSlow, fromFast, "load of page " + page);
        final Shadow.Page at = shadow.at(space, page);
        if (at == null || at.prot == Mman.PROT_NONE || at.isBeyondEnd() || at.poisoned) {
            expect(null, fromSlow, "load of page " + page);
        } else if (at.isReadable()) {
            expect(at.value(), fromSlow, "load of page " + page);
        }
    }

    void get(
            final int space,
            final long page,
            final int pages,
            final int flags,
            final boolean killed,
            final int failNth,
            final boolean keep) {
        if (!lives(space)) {
            return;
        }
        final Pin pin = gets.get(space, page, pages, flags, killed, failNth);
        if (pin == null) {
            return;
        }
        if (keep && pins.size() < MAX_PINS && pin.fast.length <= MAX_PIN_PAGES) {
            pins.add(pin);
        } else {
            giveBack(pin);
        }
    }

    private @Nullable Pin pin(final int which) {
        return pins.isEmpty() ? null : pins.get(Math.floorMod(which, pins.size()));
    }

    void put(final int which) {
        final Pin pin = pin(which);
        if (pin != null) {
            pins.remove(pin);
            giveBack(pin);
        }
    }

    /** What is held has the same contents in both models, to the last. */
    private void giveBack(final Pin pin) {
        for (int i = 0; i < pin.fast.length; i++) {
            equal(
                    slow.contents(pin.slow[i]),
                    fast.contents(pin.fast[i]),
                    "contents of held page " + (pin.page + i) + " of space " + pin.space);
        }
        fast.gup.putPages(fast.task, pin.fast, pin.fast.length);
        slow.gup.putPages(slow.task, pin.slow, pin.slow.length);
    }

    /** The device's write shows wherever the page is mapped, the same places in both models, and nowhere else. */
    void writeThrough(final int which, final int index, final long value) {
        final Pin pin = pin(which);
        if (pin == null || pin.fast.length == 0 || (pin.flags & FOLL_WRITE) == 0) {
            return;
        }
        final int i = Math.floorMod(index, pin.fast.length);
        for (final int space : fast.living()) {
            shadow.space(space).forEach((page, at) -> {
                final long address = page << PAGE_SHIFT;
                final boolean inFast = fast.shows(space, address, pin.fast[i]);
                final boolean inSlow = slow.shows(space, address, pin.slow[i]);
                equal(inSlow, inFast, "whether page " + page + " of space " + space + " shows a held page");
                if (inSlow) {
                    at.written(value);
                }
            });
        }
        // A file's page is the file's as long as it is held, mapped or not.
        if (pin.at[i].shared) {
            pin.at[i].write(value);
        }
        fast.memory.frames().putLong(pin.fast[i], 0, value);
        slow.memory.frames().putLong(pin.slow[i], 0, value);
    }

    static boolean isHugeZero(final Machine machine, final long pfn) {
        return machine.memory.isHugeZeroPfn(pfn & -PageTableGeometry.HPAGE_PMD_NR);
    }

    void drain() {
        fast.memory.lruvec().drainAll(fast.task);
        slow.memory.lruvec().drainAll(slow.task);
    }

    List<Pin> pins() {
        return pins;
    }

    /** The end of a sequence: every address holds what it must, and nothing is left when everything has been given back. */
    void finish() {
        for (final int space : fast.living()) {
            for (final Map.Entry<Long, Shadow.Page> at :
                    List.copyOf(shadow.space(space).entrySet())) {
                // Of what nobody has written, a part will do.
                if (at.getKey() % UNTOUCHED_PART == 0 || !at.getValue().isUntouched()) {
                    readOne(space, at.getKey());
                }
            }
        }
        while (!pins.isEmpty()) {
            put(0);
        }
        equal(List.of(), fast.unmapEverything(), "what is left of the fast model");
        equal(List.of(), slow.unmapEverything(), "what is left of the slow model");
    }

    @Override
    public void close() {
        try {
            fast.close();
        } finally {
            slow.close();
        }
    }
}
