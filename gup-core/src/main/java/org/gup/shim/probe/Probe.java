package org.gup.shim.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.gup.mm.MmStruct;
import org.gup.shim.AccessKind;
import org.gup.shim.AccessObserver;
import org.gup.shim.Observed;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** Counts what the calling thread does to the memory of one model. Only in classes that run under the shim. */
public final class Probe {
    private final Words words;

    /**
     * A probe of one model.
     *
     * @param memory the model
     * @param spaces whose mmap_sem is to be recognized
     */
    public Probe(final PhysicalMemory memory, final MmStruct... spaces) {
        words = new Words(memory, spaces);
    }

    /** What the words are. */
    public Words words() {
        return words;
    }

    /**
     * Does a piece of work.
     *
     * @param work what to do
     * @return what it did to memory
     */
    public Tally count(final Runnable work) {
        final Recorder recorder = new Recorder();
        Observed.run(recorder, work);
        return new Tally(recorder.accesses);
    }

    /**
     * Does a piece of work that must have a certain result.
     *
     * @param expected the result
     * @param work what to do
     * @return what it did to memory
     */
    public Tally count(final long expected, final Supplier<? extends Number> work) {
        final Recorder recorder = new Recorder();
        final long result = Observed.call(recorder, work).longValue();
        if (result != expected) {
            throw new IllegalStateException("result: expected " + expected + ", found " + result);
        }
        return new Tally(recorder.accesses);
    }

    private final class Recorder implements AccessObserver {
        private final List<Access> accesses = new ArrayList<>();

        @Override
        public void before(final AccessKind kind, final @Nullable Object base, final long address, final long bytes) {
            accesses.add(new Access(kind, words.of(kind, base, address), address));
        }
    }
}
