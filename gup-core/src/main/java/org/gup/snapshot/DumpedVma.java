package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.List;
import org.gup.flags.VmFlags;

/**
 * One mapping of a dumped process: a line of {@code maps} with what {@code smaps} adds.
 *
 * @param start first address
 * @param end one past the last
 * @param perms four characters, such as {@code rw-p}
 * @param fileOffset position in the file, in bytes
 * @param device the file's device, such as {@code 08:01}
 * @param inode the file's inode number; 0 without a file
 * @param path what is mapped: a path, a name in brackets, or nothing
 * @param vmFlags {@code VmFlags.VM_*} of v5.2, protection key included
 * @param vmFlagCodes the codes that smaps printed, those without a constant here included
 */
public record DumpedVma(
        long start,
        long end,
        String perms,
        long fileOffset,
        String device,
        long inode,
        String path,
        long vmFlags,
        List<String> vmFlagCodes) {
    private static final long HIDDEN_FRAMES = VmFlags.VM_PFNMAP | VmFlags.VM_IO | VmFlags.VM_MIXEDMAP;

    /** Copies the list. */
    public DumpedVma {
        vmFlagCodes = List.copyOf(vmFlagCodes);
    }

    /**
     * Its size.
     *
     * @return pages
     */
    public long nrPages() {
        return (end - start) >>> PAGE_SHIFT;
    }

    /**
     * Whether an address is inside.
     *
     * @param address any address
     * @return true if it is
     */
    public boolean contains(final long address) {
        return address >= start && address < end;
    }

    /**
     * Whether it may hold frames without a {@code struct page}: VM_PFNMAP, VM_IO or VM_MIXEDMAP.
     *
     * @return true if it may
     */
    public boolean mayHideFrames() {
        return (vmFlags & HIDDEN_FRAMES) != 0;
    }

    /**
     * Whether it is anonymous memory: no file, not a mapping that the kernel makes of its own pages, such as vdso.
     *
     * @return true for private memory without a path, heap, stack, and memory that was given a name
     */
    public boolean isAnonymous() {
        if (inode != 0 || mayHideFrames() || (vmFlags & VmFlags.VM_SHARED) != 0) {
            return false;
        }
        return path.isEmpty()
                || path.equals("[heap]")
                || path.equals("[stack]")
                || path.startsWith("[stack:")
                || path.startsWith("[anon:");
    }

    /**
     * Whether it maps a device-DAX character device.
     *
     * @return true for paths that begin with {@code /dev/dax}
     */
    public boolean isDeviceDax() {
        return path.startsWith("/dev/dax");
    }
}
