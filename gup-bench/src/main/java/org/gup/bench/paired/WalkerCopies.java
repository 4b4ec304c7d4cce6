package org.gup.bench.paired;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import org.gup.fast.FastWalker;
import org.gup.fast.LeafGuard;
import org.gup.fast.PageWalk;
import org.gup.page.DevPagemaps;
import org.gup.page.MemMap;
import org.gup.pgtable.TablePages;
import org.gup.tlb.WalkerEpoch;
import org.gup.zone.PhysicalMemory;

/**
 * Walkers that are one source and several classes: the compiler sees each with a guard of its own, inlines it whole, and keeps
 * a profile of its own. Without this, the second guard loaded into a process would make every walk test which one it has.
 */
final class WalkerCopies {
    private static final MethodType CONSTRUCTOR = MethodType.methodType(
            void.class, MemMap.class, TablePages.class, WalkerEpoch.class, DevPagemaps.class, LeafGuard.class);

    private WalkerCopies() {}

    /**
     * A walker of a class of its own: {@link FastWalker}'s bytes, defined once more as a hidden class beside it.
     *
     * @param memory what it walks
     * @param guard its checks
     * @return the walker
     */
    static PageWalk of(final PhysicalMemory memory, final LeafGuard guard) {
        try {
            final Lookup beside = MethodHandles.privateLookupIn(FastWalker.class, MethodHandles.lookup());
            final Lookup copy = beside.defineHiddenClass(bytes(), true);
            final MethodHandle constructor = copy.findConstructor(copy.lookupClass(), CONSTRUCTOR);
            return (PageWalk)
                    constructor.invoke(memory.memMap(), memory.tables(), memory.epoch(), memory.devPagemaps(), guard);
        } catch (final RuntimeException | Error failed) {
            throw failed;
        } catch (final Throwable failed) {
            throw new IllegalStateException("the walker cannot be defined again", failed);
        }
    }

    private static byte[] bytes() {
        try (InputStream in = FastWalker.class.getResourceAsStream("FastWalker.class")) {
            if (in == null) {
                throw new IllegalStateException("FastWalker.class is not where it was loaded from");
            }
            return in.readAllBytes();
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
