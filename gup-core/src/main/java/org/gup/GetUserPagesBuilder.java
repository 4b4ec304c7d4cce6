package org.gup;

import java.util.Objects;
import org.gup.fast.LeafGuard;
import org.gup.kernel.FsDaxCheck;
import org.gup.kernel.KernelVersion;
import org.gup.migrate.MigrationListener;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** Which kernel the calls are to be those of. Not thread-safe. */
public final class GetUserPagesBuilder {
    final PhysicalMemory memory;
    KernelVersion version = KernelVersion.V5_2;
    LeafGuard guard = LeafGuard.fused();
    boolean configCma = true;
    boolean configFsDax = true;
    FsDaxCheck fsDaxCheck = FsDaxCheck.AFTER_WALK;
    boolean unsignedMigrationResult;

    @Nullable
    MigrationListener migrationListener;

    long vsyscallPfn = -1;

    GetUserPagesBuilder(final PhysicalMemory memory) {
        this.memory = Objects.requireNonNull(memory, "memory");
    }

    /**
     * The kernel whose behaviour is followed.
     *
     * @param version default {@link KernelVersion#V5_2}
     * @return this
     */
    public GetUserPagesBuilder version(final KernelVersion version) {
        this.version = Objects.requireNonNull(version, "version");
        return this;
    }

    /**
     * The checks of the fast walk.
     *
     * @param guard default {@link LeafGuard#fused}
     * @return this
     */
    public GetUserPagesBuilder guard(final LeafGuard guard) {
        this.guard = Objects.requireNonNull(guard, "guard");
        return this;
    }

    /**
     * Whether longterm calls take pages out of contiguous memory areas. Models CONFIG_CMA.
     *
     * @param on default true
     * @return this
     */
    public GetUserPagesBuilder configCma(final boolean on) {
        this.configCma = on;
        return this;
    }

    /**
     * Whether longterm calls refuse mappings of DAX file systems. Models CONFIG_FS_DAX. With neither this nor CONFIG_CMA a
     * longterm call is an ordinary one.
     *
     * @param on default true
     * @return this
     */
    public GetUserPagesBuilder configFsDax(final boolean on) {
        this.configFsDax = on;
        return this;
    }

    /**
     * Where longterm calls refuse mappings of DAX file systems. For research: the other place is that of v5.11, where a call
     * returns the pages before such a mapping, and there is neither an array of mappings to allocate nor a limit of 524288 pages.
     *
     * @param check default {@link FsDaxCheck#AFTER_WALK}, as in v5.2
     * @return this
     */
    public GetUserPagesBuilder fsDaxCheck(final FsDaxCheck check) {
        this.fsDaxCheck = Objects.requireNonNull(check, "check");
        return this;
    }

    /**
     * Shows an error of v5.2, first in the patch that brought FOLL_LONGTERM: the result of pinning again after a migration is
     * kept in an unsigned number, so that a negative one runs off the end of the array. Here it is thrown as
     * {@link org.gup.longterm.UnsignedResultException} instead; v5.1, which has no such error, never does.
     *
     * @param on default false: the error is returned, as later kernels do
     * @return this
     */
    public GetUserPagesBuilder unsignedMigrationResult(final boolean on) {
        this.unsignedMigrationResult = on;
        return this;
    }

    /**
     * Who hears of the phases of longterm calls and their migrations. It is called inside the call, by its thread, with
     * mmap_sem held; it must not use the task for a call of its own.
     *
     * @param listener the listener
     * @return this
     */
    public GetUserPagesBuilder migrationListener(final MigrationListener listener) {
        this.migrationListener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /**
     * The page behind the gate area at 0xffffffffff600000. Models CONFIG_X86_VSYSCALL_EMULATION.
     *
     * @param pfn a page with a reference that lasts; default -1: there is no gate area
     * @return this
     */
    public GetUserPagesBuilder vsyscallPage(final long pfn) {
        this.vsyscallPfn = pfn;
        return this;
    }

    /**
     * Makes the calls.
     *
     * @return the calls
     * @throws IllegalStateException if the walk is to test for FOLL_LONGTERM, in a kernel that has no such flag
     */
    public GetUserPages build() {
        if (fsDaxCheck == FsDaxCheck.BEFORE_WALK && !version.hasLongtermFlag()) {
            throw new IllegalStateException("the walk cannot test for FOLL_LONGTERM: version=" + version.release()
                    + ", fsDaxCheck=" + fsDaxCheck);
        }
        return new GetUserPages(this);
    }
}
