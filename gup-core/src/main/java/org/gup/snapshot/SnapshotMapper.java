package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;

import java.util.ArrayList;
import java.util.List;
import org.gup.file.DaxFile;
import org.gup.file.MappedFile;
import org.gup.file.PageCacheFile;
import org.gup.file.RawMemory;
import org.gup.file.ShmemFile;
import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.page.DevPagemap;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** Makes the mappings of a snapshot, writable at first, and gives them their permissions and advice when they are populated. */
final class SnapshotMapper {
    private static final int POPULATING = Mman.PROT_READ | Mman.PROT_WRITE;
    /** A mapping of frames sets all entries at once: larger ones have none. */
    private static final long MOST_FRAMES = 1L << 16;

    private final ProcessSnapshot snapshot;
    private final PhysicalMemory memory;
    private final Task task;
    private final MmStruct mm;
    private final @Nullable MappedFile[] files;
    private final int[] devices;
    private final List<String> notes = new ArrayList<>();

    SnapshotMapper(final ProcessSnapshot snapshot, final PhysicalMemory memory, final Task task, final MmStruct mm) {
        this.snapshot = snapshot;
        this.memory = memory;
        this.task = task;
        this.mm = mm;
        final int size = snapshot.mappings().size();
        this.files = new MappedFile[size];
        this.devices = new int[size];
        int device = 0;
        for (int i = 0; i < size; i++) {
            devices[i] = device;
            device += hasDevice(i) ? 1 : 0;
        }
    }

    private SnapshotMapping mapping(final int index) {
        return snapshot.mappings().get(index);
    }

    private boolean isFile(final int index) {
        return !mapping(index).vma().isAnonymous() && !ProcessAddressSpace.isHugetlb(mapping(index));
    }

    private boolean hasDevice(final int index) {
        final FileKind kind = isFile(index) ? FileKind.of(mapping(index), snapshot.devices()) : FileKind.CACHED;
        return kind == FileKind.FS_DAX || kind == FileKind.DEVICE_DAX;
    }

    List<String> notes() {
        return notes;
    }

    void map(final int index) {
        final SnapshotMapping mapping = mapping(index);
        final DumpedVma vma = mapping.vma();
        final long bytes = vma.end() - vma.start();
        final int type = vma.perms().charAt(3) == 's' ? Mman.MAP_SHARED : Mman.MAP_PRIVATE;
        // An mprotect that only adds a permission would take the write bit out of private entries: all are there from
        // the start.
        final int populating = POPULATING | prot(vma.perms());
        final int fixed = type | Mman.MAP_FIXED_NOREPLACE | Mman.MAP_FIXED;
        final long result;
        if (ProcessAddressSpace.isHugetlb(mapping)) {
            if (mapping.details().pageKb() * 1024 > HPAGE_PMD_SIZE) {
                notes.add(
                        "Hugetlb pages of " + mapping.details().pageKb() / 1024 + " MiB are taken as pages of 2 MiB.");
            }
            result = mm.mmap(task, vma.start(), bytes, populating, fixed | Mman.MAP_ANONYMOUS | Mman.MAP_HUGETLB);
        } else if (vma.isAnonymous()) {
            final boolean growsDown = (vma.vmFlags() & VmFlags.VM_GROWSDOWN) != 0;
            result = mm.mmap(
                    task,
                    vma.start(),
                    bytes,
                    populating,
                    fixed | Mman.MAP_ANONYMOUS | (growsDown ? Mman.MAP_GROWSDOWN : 0));
        } else {
            final MappedFile file = file(index);
            files[index] = file;
            if (file == null) {
                mm.mapImported(task, vma.start(), vma.end(), vma.vmFlags(), new ImportedFileOps(vma.path()));
                return;
            }
            result = mm.mmapFile(task, vma.start(), bytes, populating, fixed, file, 0);
        }
        if (result != vma.start()) {
            throw new SnapshotException(snapshot.name() + ": mapping " + Long.toHexString(vma.start()) + "-"
                    + Long.toHexString(vma.end()) + " cannot be made: got "
                    + (result < 0 ? "-" + Errno.name((int) -result) : SnapshotException.hex(result)));
        }
    }

    /** Null for frames that cannot be faulted in. */
    private @Nullable MappedFile file(final int index) {
        final SnapshotMapping mapping = mapping(index);
        final long bytes = mapping.vma().end() - mapping.vma().start();
        final String name = "file" + index;
        return switch (FileKind.of(mapping, snapshot.devices())) {
            case CACHED -> {
                final PageCacheFile file = new PageCacheFile(memory, name, bytes);
                file.readahead(false);
                yield file;
            }
            case MEMORY -> new ShmemFile(memory, name, bytes);
            case FS_DAX -> {
                final DevPagemap device = memory.devices().get(devices[index]);
                final DaxFile file = new DaxFile(memory, name, device, device.startPfn(), bytes);
                file.allocate(task, 0, mapping.vma().nrPages());
                yield file;
            }
            case DEVICE_DAX -> ProcessAddressSpace.device(memory.devices().get(devices[index]), mapping);
            case FRAMES -> frames(mapping, name);
        };
    }

    private static @Nullable MappedFile frames(final SnapshotMapping mapping, final String name) {
        if (mapping.runs().isEmpty() || mapping.vma().nrPages() > MOST_FRAMES) {
            return null;
        }
        return (mapping.vma().vmFlags() & (VmFlags.VM_PFNMAP | VmFlags.VM_IO)) != 0
                ? RawMemory.pfnMap(name, 0)
                : RawMemory.mixedMap(name, 0);
    }

    /** Whether a page that is there was written to through this mapping, or might as well have been. */
    boolean isWritten(final int index, final PageRun run) {
        if (!isFile(index)) {
            return true;
        }
        final boolean isPrivate = mapping(index).vma().perms().charAt(3) == 'p';
        return isPrivate ? !run.file() || run.swap() : (run.kpageflags() & PageRun.KPF_DIRTY) != 0 || run.swap();
    }

    void finish(final int index) {
        final DumpedVma vma = mapping(index).vma();
        final long bytes = vma.end() - vma.start();
        if (isFile(index) && files[index] == null) {
            return;
        }
        if (files[index] instanceof final PageCacheFile file) {
            file.readahead(true);
        }
        final int error = mm.mprotect(task, vma.start(), bytes, prot(vma.perms()));
        if (error != 0) {
            throw new SnapshotException(snapshot.name() + ": mapping " + Long.toHexString(vma.start())
                    + " cannot be given its permissions: got -" + Errno.name(-error));
        }
        if (vma.isAnonymous()) {
            advise(mapping(index), bytes);
        }
        final long never = (VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE | VmFlags.VM_MAYEXEC) & ~vma.vmFlags();
        mm.changeVmFlags(task, vma.start(), bytes, 0, never);
        if ((vma.vmFlags() & VmFlags.VM_LOCKED) != 0) {
            mm.setLocked(task, vma.start(), bytes, vma.vmFlags() & (VmFlags.VM_LOCKED | VmFlags.VM_LOCKONFAULT));
        }
    }

    private void advise(final SnapshotMapping mapping, final long bytes) {
        final long flags = mapping.vma().vmFlags();
        if ((flags & VmFlags.VM_NOHUGEPAGE) != 0) {
            mm.madvise(task, mapping.vma().start(), bytes, Mman.MADV_NOHUGEPAGE);
        } else if ((flags & VmFlags.VM_HUGEPAGE) != 0 || mapping.details().hugeEligible()) {
            mm.madvise(task, mapping.vma().start(), bytes, Mman.MADV_HUGEPAGE);
        }
    }

    private static int prot(final String perms) {
        return (perms.charAt(0) == 'r' ? Mman.PROT_READ : 0)
                | (perms.charAt(1) == 'w' ? Mman.PROT_WRITE : 0)
                | (perms.charAt(2) == 'x' ? Mman.PROT_EXEC : 0);
    }
}
