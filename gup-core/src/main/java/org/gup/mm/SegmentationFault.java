package org.gup.mm;

/** An access that the address space does not permit. Stands for SIGSEGV and SIGBUS. */
public final class SegmentationFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Where. */
    private final long address;
    /** {@code VmFault.VM_FAULT_*} bits. */
    private final int vmFault;

    SegmentationFault(final long address, final int vmFault, final boolean write) {
        super((write ? "store" : "load") + " not permitted: address=0x" + Long.toHexString(address) + ", vmFault=0x"
                + Integer.toHexString(vmFault));
        this.address = address;
        this.vmFault = vmFault;
    }

    /**
     * Where.
     *
     * @return the address
     */
    public long address() {
        return address;
    }

    /**
     * Why.
     *
     * @return {@code VmFault.VM_FAULT_*} bits
     */
    public int vmFault() {
        return vmFault;
    }
}
