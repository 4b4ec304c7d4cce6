package org.gup.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class VmFaultTest {
    @Test
    void shouldHaveTheValuesOfLinux52() {
        assertEquals(0x1, VmFault.FAULT_FLAG_WRITE);
        assertEquals(0x2, VmFault.FAULT_FLAG_MKWRITE);
        assertEquals(0x4, VmFault.FAULT_FLAG_ALLOW_RETRY);
        assertEquals(0x8, VmFault.FAULT_FLAG_RETRY_NOWAIT);
        assertEquals(0x10, VmFault.FAULT_FLAG_KILLABLE);
        assertEquals(0x20, VmFault.FAULT_FLAG_TRIED);
        assertEquals(0x40, VmFault.FAULT_FLAG_USER);
        assertEquals(0x80, VmFault.FAULT_FLAG_REMOTE);
        assertEquals(0x100, VmFault.FAULT_FLAG_INSTRUCTION);
        assertEquals(0x1, VmFault.VM_FAULT_OOM);
        assertEquals(0x2, VmFault.VM_FAULT_SIGBUS);
        assertEquals(0x4, VmFault.VM_FAULT_MAJOR);
        assertEquals(0x8, VmFault.VM_FAULT_WRITE);
        assertEquals(0x10, VmFault.VM_FAULT_HWPOISON);
        assertEquals(0x20, VmFault.VM_FAULT_HWPOISON_LARGE);
        assertEquals(0x40, VmFault.VM_FAULT_SIGSEGV);
        assertEquals(0x100, VmFault.VM_FAULT_NOPAGE);
        assertEquals(0x200, VmFault.VM_FAULT_LOCKED);
        assertEquals(0x400, VmFault.VM_FAULT_RETRY);
        assertEquals(0x800, VmFault.VM_FAULT_FALLBACK);
        assertEquals(0x873, VmFault.VM_FAULT_ERROR);
    }

    @Test
    void shouldTurnEachErrorIntoItsErrno() {
        assertEquals(-12, VmFault.toErrno(0x1, 0));
        assertEquals(-14, VmFault.toErrno(0x2, 0));
        assertEquals(-14, VmFault.toErrno(0x40, 0));
        assertEquals(-14, VmFault.toErrno(0x10, 0));
        assertEquals(-14, VmFault.toErrno(0x20, 0));
        assertEquals(-133, VmFault.toErrno(0x10, 0x100));
        assertEquals(-133, VmFault.toErrno(0x20, 0x100));
        assertEquals(-14, VmFault.toErrno(0x42, 0x100));
    }

    @Test
    void shouldPreferNoMemoryThenPoisonThenTheRest() {
        assertEquals(-12, VmFault.toErrno(0x73, 0x100));
        assertEquals(-133, VmFault.toErrno(0x72, 0x100));
        assertEquals(-14, VmFault.toErrno(0x72, 0));
    }

    @Test
    void shouldGiveNoErrnoWithoutAKnownError() {
        for (final int harmless : new int[] {0, 0x4, 0x8, 0x100, 0x200, 0x400, 0x800, 0xf0c}) {
            assertEquals(0, VmFault.toErrno(harmless, 0x100), "vmFault=0x" + Integer.toHexString(harmless));
        }
    }
}
