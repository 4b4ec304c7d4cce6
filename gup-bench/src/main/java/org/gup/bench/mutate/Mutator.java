package org.gup.bench.mutate;

import java.util.SplittableRandom;
import org.gup.cma.CmaArea;
import org.gup.flags.Errno;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.SegmentationFault;
import org.gup.mm.UserAccess;
import org.gup.task.Task;

/**
 * One thread that changes address spaces: at random places, each answer checked.
 *
 * <p>Threading: one thread. Where other mutators work on the same address space, a mapping may be gone or read-only at any
 * moment; a mutator that is alone takes that for a failure.
 */
public final class Mutator {
    /** Word of a page that only contiguous blocks write: nobody else may ever find it in a page. */
    public static final long CONTIGUOUS_MARK = 0xC0A1_70C0_C0A1_70C0L;

    private final SharedMachine machine;
    private final Task task;
    private final SplittableRandom random;
    private final boolean alone;
    private final PageMover mover;

    /**
     * A mutator.
     *
     * @param machine where
     * @param task its own
     * @param random its choices
     * @param alone whether nobody else changes the address spaces
     */
    public Mutator(final SharedMachine machine, final Task task, final SplittableRandom random, final boolean alone) {
        this.machine = machine;
        this.task = task;
        this.random = random;
        this.alone = alone;
        this.mover = new PageMover(machine, task);
    }

    /**
     * Does one thing to a random part of the window.
     *
     * @param mutation what
     * @param space to which address space
     * @param count pages of the part
     * @return pages that it was done to; 0 if it could not be done to any
     * @throws IllegalStateException if an answer is wrong
     * @throws SegmentationFault if the mutator is alone, and the process may not write where it must be able to
     */
    public int apply(final Mutation mutation, final SharedSpace space, final int count) {
        final int first = random.nextInt(space.pages() - count + 1);
        return switch (mutation) {
            case UNMAP -> unmap(space, first, count);
            case PROTECT -> protect(space, first, count);
            case DISCARD -> discard(space, first, count);
            case FORK -> fork(space, first);
            case MIGRATE -> mover.move(space, first, count);
            case CONTIGUOUS -> contiguous(count);
            case SWAP_OUT -> Math.toIntExact(space.mm().swapOut(task, space.address(first), count));
            case NUMA_HINT -> Math.toIntExact(space.mm().numaHint(task, space.address(first), count));
            case HUGE -> huge(space);
        };
    }

    private int unmap(final SharedSpace space, final int first, final int count) {
        expect("munmap", 0, space.mm().munmap(task, space.address(first), count * SharedSpace.PAGE_SIZE));
        space.map(task, first, count);
        return stamp(space, first, count);
    }

    private int protect(final SharedSpace space, final int first, final int count) {
        final int refused = mprotect(space, first, count, Mman.PROT_READ);
        return mprotect(space, first, count, SharedSpace.RW) == 0 && refused == 0 ? count : 0;
    }

    private int mprotect(final SharedSpace space, final int first, final int count, final int prot) {
        final int result = space.mm().mprotect(task, space.address(first), count * SharedSpace.PAGE_SIZE, prot);
        if (result != 0 && (alone || result != -Errno.ENOMEM)) {
            throw new IllegalStateException("mprotect: expected 0, found " + result);
        }
        return result;
    }

    private int discard(final SharedSpace space, final int first, final int count) {
        final int result =
                space.mm().madvise(task, space.address(first), count * SharedSpace.PAGE_SIZE, Mman.MADV_DONTNEED);
        if (result != 0 && (alone || result != -Errno.ENOMEM)) {
            throw new IllegalStateException("madvise: expected 0, found " + result);
        }
        return stamp(space, first, count);
    }

    /** The child sees what the parent had, and what it writes is its own. */
    private int fork(final SharedSpace space, final int page) {
        final MmStruct child = space.mm().fork(task);
        if (child == null) {
            throw new IllegalStateException("fork: no memory");
        }
        try {
            final long address = space.address(page);
            final long seen = UserAccess.load(task, child, address);
            if (seen != space.stampOf(page) && (alone || seen != 0)) {
                throw new IllegalStateException("the child's page at 0x" + Long.toHexString(address) + ": expected 0x"
                        + Long.toHexString(space.stampOf(page)) + ", found 0x" + Long.toHexString(seen));
            }
            UserAccess.store(task, child, address, space.stampOf(page));
        } catch (final SegmentationFault unmapped) {
            refused(unmapped);
        } finally {
            child.close(task);
        }
        return space.pages();
    }

    /** What is handed out belongs to nobody else: it is written all over. */
    private int contiguous(final int count) {
        final CmaArea area = machine.area();
        final long pfn = area.alloc(task, count, 0);
        if (pfn < 0) {
            return 0;
        }
        for (int page = 0; page < count; page++) {
            machine.memory().frames().putLong(pfn + page, 0, CONTIGUOUS_MARK);
        }
        if (!area.release(task, pfn, count)) {
            throw new IllegalStateException("cma_release: refused, pfn=" + pfn + ", pages=" + count);
        }
        return count;
    }

    private int huge(final SharedSpace space) {
        space.map(task, 0, space.pages());
        final int advised =
                space.mm().madvise(task, space.address(0), space.pages() * SharedSpace.PAGE_SIZE, Mman.MADV_HUGEPAGE);
        if (advised != 0 && (alone || advised != -Errno.ENOMEM)) {
            throw new IllegalStateException("madvise: expected 0, found " + advised);
        }
        return stamp(space, 0, space.pages());
    }

    /** Writes stamps, as far as the process may. */
    private int stamp(final SharedSpace space, final int first, final int count) {
        int stamped = 0;
        for (int page = first; page < first + count; page++) {
            try {
                space.stamp(task, page);
                stamped++;
            } catch (final SegmentationFault gone) {
                refused(gone);
            }
        }
        return stamped;
    }

    private void refused(final SegmentationFault fault) {
        if (alone) {
            throw fault;
        }
    }

    private static void expect(final String what, final long expected, final long found) {
        if (expected != found) {
            throw new IllegalStateException(what + ": expected " + expected + ", found " + found);
        }
    }
}
