package org.gup.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class VmFlagsTest {
    @Test
    void shouldHaveTheValuesOfLinux52() {
        assertEquals(0x1L, VmFlags.VM_READ);
        assertEquals(0x2L, VmFlags.VM_WRITE);
        assertEquals(0x4L, VmFlags.VM_EXEC);
        assertEquals(0x8L, VmFlags.VM_SHARED);
        assertEquals(0x10L, VmFlags.VM_MAYREAD);
        assertEquals(0x20L, VmFlags.VM_MAYWRITE);
        assertEquals(0x40L, VmFlags.VM_MAYEXEC);
        assertEquals(0x80L, VmFlags.VM_MAYSHARE);
        assertEquals(0x100L, VmFlags.VM_GROWSDOWN);
        assertEquals(0x200L, VmFlags.VM_UFFD_MISSING);
        assertEquals(0x400L, VmFlags.VM_PFNMAP);
        assertEquals(0x1000L, VmFlags.VM_UFFD_WP);
        assertEquals(0x2000L, VmFlags.VM_LOCKED);
        assertEquals(0x4000L, VmFlags.VM_IO);
        assertEquals(0x20000L, VmFlags.VM_DONTCOPY);
        assertEquals(0x80000L, VmFlags.VM_LOCKONFAULT);
        assertEquals(0x400000L, VmFlags.VM_HUGETLB);
        assertEquals(0x10000000L, VmFlags.VM_MIXEDMAP);
        assertEquals(0x20000000L, VmFlags.VM_HUGEPAGE);
        assertEquals(0x40000000L, VmFlags.VM_NOHUGEPAGE);
        assertEquals(0xf00000000L, VmFlags.VM_PKEY_MASK);
        assertEquals(0x7L, VmFlags.VM_ACCESS_FLAGS);
    }

    @Test
    void shouldCallAMappingCopyOnWriteIfItIsPrivateAndMayBeWritten() {
        // Recorded from a 5.2 process: a private writable mapping, the same without any access, a shared one.
        assertTrue(VmFlags.isCowMapping(0x100073));
        assertTrue(VmFlags.isCowMapping(0x100070));
        assertTrue(VmFlags.isCowMapping(0x20));
        assertFalse(VmFlags.isCowMapping(0x28));
        assertFalse(VmFlags.isCowMapping(0x8));
        assertFalse(VmFlags.isCowMapping(0x3));
        assertFalse(VmFlags.isCowMapping(0));
    }

    @Test
    void shouldReadTheProtectionKeyWhateverElseIsSet() {
        // Recorded from a 5.2 process: a mapping with key 1.
        assertEquals(1, VmFlags.pkey(0x100100073L));
        assertEquals(0, VmFlags.pkey(0x100073L));
        for (int pkey = 0; pkey < 16; pkey++) {
            final long bits = (long) pkey << 32;
            assertEquals(pkey, VmFlags.pkey(bits));
            assertEquals(pkey, VmFlags.pkey(bits | ~0xf00000000L));
        }
    }
}
