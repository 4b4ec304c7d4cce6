package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.flags.Errno;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Builds an address space, mapping by mapping. Public API.
 *
 * <pre>{@code
 * MmStruct mm = AddressSpaceBuilder.on(memory, task)
 *         .anonymous(0x7000_0000_0000L, 1024, PROT_READ | PROT_WRITE).populate()
 *         .anonymous(0x7100_0000_0000L, 512, PROT_READ | PROT_WRITE).hugePages().populate()
 *         .build();
 * }</pre>
 *
 * <p>A step that fails throws {@link IllegalStateException} and closes what was built. Threading: one thread.
 */
public final class AddressSpaceBuilder {
    private final PhysicalMemory memory;
    private final Task task;
    private PageTableGeometry geometry = PageTableGeometry.FOUR_LEVEL;
    private @Nullable MmStruct mm;
    private boolean built;
    private long lastAddress;
    private long lastPages;

    private AddressSpaceBuilder(final PhysicalMemory memory, final Task task) {
        this.memory = memory;
        this.task = task;
    }

    /**
     * A builder for an address space in a memory.
     *
     * @param memory where pages and tables come from
     * @param task who maps and faults
     * @return the builder
     */
    public static AddressSpaceBuilder on(final PhysicalMemory memory, final Task task) {
        return new AddressSpaceBuilder(memory, task);
    }

    /**
     * How many levels its page table has; 4 if not called. Before the first mapping.
     *
     * @param levels 4 or 5
     * @return this builder
     * @throws IllegalArgumentException for another number
     * @throws IllegalStateException after the first mapping
     */
    public AddressSpaceBuilder levels(final int levels) {
        if (mm != null) {
            throw new IllegalStateException("levels must come before the first mapping: levels=" + levels);
        }
        geometry = PageTableGeometry.ofLevels(levels);
        return this;
    }

    /**
     * Maps private anonymous memory at an address; what is mapped there goes.
     *
     * @param address start, page-aligned
     * @param pages size in base pages
     * @param prot {@code Mman.PROT_*}
     * @return this builder
     * @throws IllegalStateException if the kernel would refuse it
     */
    public AddressSpaceBuilder anonymous(final long address, final long pages, final int prot) {
        lastAddress = address;
        lastPages = pages;
        check(
                space().mmap(
                                task,
                                address,
                                pages << PAGE_SHIFT,
                                prot,
                                Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED),
                "mmap");
        return this;
    }

    /**
     * Gives the last mapping MADV_HUGEPAGE: faults on a whole aligned 2 MiB of it get a huge page.
     *
     * @return this builder
     */
    public AddressSpaceBuilder hugePages() {
        check(space().madvise(task, lastAddress, lastPages << PAGE_SHIFT, Mman.MADV_HUGEPAGE), "madvise");
        return this;
    }

    /**
     * Changes the permissions of the last mapping, after it was populated with others.
     *
     * @param prot {@code Mman.PROT_*}
     * @return this builder
     */
    public AddressSpaceBuilder protect(final int prot) {
        check(space().mprotect(task, lastAddress, lastPages << PAGE_SHIFT, prot), "mprotect");
        return this;
    }

    /**
     * Takes a write fault on every page of the last mapping, which must be writable.
     *
     * @return this builder
     * @throws IllegalStateException if there is not enough memory, or it is not writable
     */
    public AddressSpaceBuilder populate() {
        return touch(1, FAULT_FLAG_WRITE);
    }

    /**
     * Takes a read fault on every page of the last mapping, which must be accessible.
     *
     * @return this builder
     * @throws IllegalStateException if there is no memory for tables, or it is not accessible
     */
    public AddressSpaceBuilder populateRead() {
        return touch(1, 0);
    }

    /**
     * Takes a write fault on every n-th page of the last mapping, from its first.
     *
     * @param n the distance in pages, positive
     * @return this builder
     * @throws IllegalArgumentException if the distance is not positive
     * @throws IllegalStateException if there is not enough memory, or it is not writable
     */
    public AddressSpaceBuilder populateEvery(final long n) {
        if (n < 1) {
            throw new IllegalArgumentException("distance must be positive: n=" + n);
        }
        return touch(n, FAULT_FLAG_WRITE);
    }

    /**
     * Ends building.
     *
     * @return the address space, to be closed by the caller
     * @throws IllegalStateException if it was called before
     */
    public MmStruct build() {
        final MmStruct result = space();
        built = true;
        return result;
    }

    private MmStruct space() {
        if (built) {
            throw new IllegalStateException("the address space is built already");
        }
        MmStruct current = mm;
        if (current == null) {
            current = new MmStruct(memory, geometry);
            mm = current;
        }
        return current;
    }

    private AddressSpaceBuilder touch(final long everyPages, final int faultFlags) {
        final MmStruct space = space();
        long address = lastAddress;
        final long end = lastAddress + (lastPages << PAGE_SHIFT);
        int result = 0;
        space.mmapReadLock(task);
        try {
            while (address < end && (result & VM_FAULT_ERROR) == 0) {
                final VmArea vma = space.findVma(address);
                if (vma == null || !vma.contains(address) || !isPermitted(vma, faultFlags)) {
                    break;
                }
                result = space.handleMmFault(task, vma, address, faultFlags);
                address += stride(space, address, everyPages);
            }
        } finally {
            space.mmapReadUnlock(task);
        }
        if (address < end || (result & VM_FAULT_ERROR) != 0) {
            throw failed("populate stopped: address=0x" + Long.toHexString(address) + ", vmFault=0x"
                    + Integer.toHexString(result) + ", free pages=" + memory.freePages() + ", tables in use="
                    + memory.tables().allocated());
        }
        return this;
    }

    private static boolean isPermitted(final VmArea vma, final int faultFlags) {
        return (faultFlags & FAULT_FLAG_WRITE) != 0
                ? (vma.flags() & VM_WRITE) != 0
                : PageProtection.isAccessible(vma.flags());
    }

    /** To the next page to touch that has no entry yet: a huge page serves the rest of its 2 MiB. */
    private static long stride(final MmStruct space, final long address, final long everyPages) {
        final long step = everyPages * PAGE_SIZE;
        if (!space.isHugeMapped(address)) {
            return step;
        }
        final long rest = HPAGE_PMD_SIZE - (address & (HPAGE_PMD_SIZE - 1));
        return (rest + step - 1) / step * step;
    }

    private void check(final long result, final String call) {
        if (result < 0) {
            throw failed(call + " failed: -" + Errno.name((int) -result) + ", address=0x"
                    + Long.toHexString(lastAddress) + ", pages=" + lastPages);
        }
    }

    private IllegalStateException failed(final String what) {
        final MmStruct space = mm;
        if (space != null) {
            built = true;
            space.close(task);
        }
        return new IllegalStateException(what);
    }
}
