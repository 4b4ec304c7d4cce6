package org.gup.property;

import org.gup.flags.FollFlags;

/**
 * One thing that happens in both models. A step is data and makes sense in whatever state it finds the models, so that any
 * part of a sequence is a sequence. A page is one of the window, or, negative, one before the end of the task's addresses.
 */
sealed interface Step {
    /** Does it in both models and compares. */
    void run(World world);

    /** mmap: private or shared, anonymous. */
    record Map(int space, int page, int pages, int prot, boolean shared) implements Step {
        @Override
        public void run(final World world) {
            world.map(space, world.absolute(page), pages, prot, shared);
        }
    }

    /** mmap of a file. */
    record MapFile(int space, int page, int pages, int prot, boolean shared, int file, int index) implements Step {
        @Override
        public void run(final World world) {
            world.mapFile(space, world.absolute(page), pages, prot, shared, file, index);
        }
    }

    /** munmap. */
    record Unmap(int space, int page, int pages) implements Step {
        @Override
        public void run(final World world) {
            world.unmap(space, world.absolute(page), pages);
        }
    }

    /** mprotect. */
    record Protect(int space, int page, int pages, int prot) implements Step {
        @Override
        public void run(final World world) {
            world.protect(space, world.absolute(page), pages, prot);
        }
    }

    /** madvise. */
    record Advise(int space, int page, int pages, int advice) implements Step {
        @Override
        public void run(final World world) {
            world.advise(space, world.absolute(page), pages, advice);
        }
    }

    /** The process writes to its pages. */
    record Write(int space, int page, int pages, long value, boolean cmaOnly) implements Step {
        @Override
        public void run(final World world) {
            final Runnable write = () -> world.write(space, world.absolute(page), pages, value, false);
            if (cmaOnly) {
                world.fast.withCmaOnly(() -> world.slow.withCmaOnly(write));
            } else {
                write.run();
            }
        }
    }

    /** The process writes the same to all of its pages, and they are merged. */
    record Merge(int space, int page, int pages, long value) implements Step {
        @Override
        public void run(final World world) {
            world.write(space, world.absolute(page), pages, value, true);
            world.merge(space, world.absolute(page), pages);
        }
    }

    /** The process reads its pages. */
    record Read(int space, int page, int pages) implements Step {
        @Override
        public void run(final World world) {
            world.read(space, world.absolute(page), pages);
        }
    }

    /** Pages are got, compared, and given back or kept. */
    record Get(int space, int page, int pages, int flags, boolean killed, int failNth, boolean keep) implements Step {
        @Override
        public void run(final World world) {
            world.get(space, world.absolute(page), pages, flags, killed, failNth, keep);
        }

        @Override
        public String toString() {
            return "Get[space=" + space + ", page=" + page + ", pages=" + pages + ", flags="
                    + FollFlags.describe(flags) + (killed ? ", killed" : "")
                    + (failNth > 0 ? ", allocation " + failNth + " fails" : "") + (keep ? ", keep]" : "]");
        }
    }

    /** Pages kept are given back. */
    record Put(int which) implements Step {
        @Override
        public void run(final World world) {
            world.put(which);
        }
    }

    /** A device writes to a page kept. */
    record WriteThrough(int which, int page, long value) implements Step {
        @Override
        public void run(final World world) {
            world.writeThrough(which, page, value);
        }
    }

    /** Every CPU's pagevecs are drained. */
    record Drain() implements Step {
        @Override
        public void run(final World world) {
            world.drain();
        }
    }

    /** write(2). */
    record WriteFile(int file, int index, long value) implements Step {
        @Override
        public void run(final World world) {
            world.writeFile(file, index, value);
        }
    }

    /** Pages of the disk file leave the cache. */
    record Cold(int index, int pages) implements Step {
        @Override
        public void run(final World world) {
            world.makeCold(index, pages);
        }
    }

    /** fork. */
    record Fork(int from, int to) implements Step {
        @Override
        public void run(final World world) {
            world.fork(from, to);
        }
    }

    /** exit of a child. */
    record Exit(int space) implements Step {
        @Override
        public void run(final World world) {
            world.exit(space);
        }
    }

    /** mremap. */
    record Move(int space, int page, int oldPages, int newPages, int to) implements Step {
        @Override
        public void run(final World world) {
            world.move(space, world.absolute(page), oldPages, newPages, world.absolute(to));
        }
    }

    /** Reclaim. */
    record SwapOut(int space, int page, int pages) implements Step {
        @Override
        public void run(final World world) {
            world.swapOut(space, world.absolute(page), pages);
        }
    }

    /** A NUMA hint. */
    record NumaHint(int space, int page, int pages) implements Step {
        @Override
        public void run(final World world) {
            world.numaHint(space, world.absolute(page), pages);
        }
    }

    /** A contiguous allocation, given back at once. */
    record CmaAlloc(int pages, int order) implements Step {
        @Override
        public void run(final World world) {
            world.cmaAlloc(pages, order);
        }
    }

    /** Faulty memory. */
    record Poison(int space, int page) implements Step {
        @Override
        public void run(final World world) {
            world.poison(space, world.absolute(page));
        }
    }
}
