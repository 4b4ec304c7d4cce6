package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.flags.VmFlags;

/** The mapping of the vsyscall page, which is in no address space. Models {@code gate_vma}. */
public final class GateArea {
    /** Where the vsyscall page is. Models {@code VSYSCALL_ADDR}. */
    public static final long START = 0xffff_ffff_ff60_0000L;

    private static final VmArea AREA = new VmArea(
            START,
            START + PAGE_SIZE,
            VmFlags.VM_READ | VmFlags.VM_EXEC | VmFlags.VM_MAYREAD | VmFlags.VM_MAYEXEC,
            START >>> PAGE_SHIFT,
            null,
            null,
            0);

    private GateArea() {}

    /**
     * The mapping.
     *
     * @return the one there is
     */
    public static VmArea area() {
        return AREA;
    }
}
