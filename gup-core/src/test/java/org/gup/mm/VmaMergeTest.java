package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.PRIVATE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_NORESERVE;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which mappings become one, and which become two. */
class VmaMergeTest {
    /**
     * Each step: kind (m mmap, u munmap, p mprotect, h MADV_HUGEPAGE, n MADV_NOHUGEPAGE), start page, pages, permissions.
     * Nothing is touched, so no mapping has an anon identity.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "m:0:4:rw,                                  0-4rw",
        "m:0:4:rw m:4:4:rw,                         0-8rw",
        "m:4:4:rw m:0:4:rw,                         0-8rw",
        "m:0:4:rw m:8:4:rw m:4:4:rw,                0-12rw",
        "m:0:4:rw m:4:4:r,                          0-4rw 4-8r",
        "m:0:4:rw m:5:4:rw,                         0-4rw 5-9rw",
        // mmap over the middle: what was there goes
        "m:0:12:rw m:4:4:r,                         0-4rw 4-8r 8-12rw",
        "m:0:12:rw m:4:4:rw,                        0-12rw",
        // munmap
        "m:0:12:rw u:4:4:-,                         0-4rw 8-12rw",
        "m:0:12:rw u:0:4:-,                         4-12rw",
        "m:0:12:rw u:8:9:-,                         0-8rw",
        "m:0:4:rw m:6:4:r m:12:4:rw u:2:12:-,       0-2rw 14-16rw",
        "m:0:4:rw u:8:4:-,                          0-4rw",
        "m:0:12:rw u:4:4:- m:4:4:rw,                0-12rw",
        // mprotect: the kernel's cases 4 to 8
        "m:0:12:rw p:4:4:r,                         0-4rw 4-8r 8-12rw",
        "m:0:12:rw p:4:4:r p:4:4:rw,                0-12rw",
        "m:0:12:rw p:8:4:r p:4:4:r,                 0-4rw 4-12r",
        "m:0:12:rw p:0:4:r p:4:4:r,                 0-8r 8-12rw",
        "m:0:12:rw p:0:4:r p:8:4:r p:4:4:r,         0-12r",
        "m:0:4:rw m:4:4:rwx m:8:4:rw p:4:4:rw,      0-12rw",
        "m:0:4:rwx m:4:4:rw p:0:4:rw,               0-8rw",
        "m:0:4:rw m:4:4:rwx p:4:4:rw,               0-8rw",
        "m:0:12:rw p:0:12:-,                        0-12-",
        "m:0:4:rw m:4:4:rwx m:8:4:rw p:2:8:rx,      0-2rw 2-10rx 10-12rw",
        // charged once, charged for ever: not the same as what was never writable
        "m:0:4:r m:4:4:rw p:4:4:r,                  0-4r 4-8r",
        "m:0:4:r m:4:4:rw p:0:4:rw,                 0-8rw",
        // madvise
        "m:0:12:rw h:4:4:-,                         0-4rw 4-8rwh 8-12rw",
        "m:0:12:rw h:0:12:-,                        0-12rwh",
        "m:0:12:rw h:0:6:- h:6:6:-,                 0-12rwh",
        "m:0:12:rw h:0:6:- n:0:12:-,                0-12rw",
        "m:0:12:rw n:0:6:-,                         0-6rw 6-12rw",
    })
    void shouldMergeAndSplitAsLinuxDoes(final String steps, final String expected) {
        try (MmMachine machine = MmMachine.small()) {
            for (final String step : steps.trim().split(" +", -1)) {
                apply(machine, step.split(":", -1));
            }
            assertEquals(expected, machine.layout());
            for (final VmArea vma : machine.mm.vmAreas()) {
                assertEquals(vma.start() >>> 12, vma.pgoff(), "offset of " + vma);
            }
        }
    }

    private static void apply(final MmMachine machine, final String[] step) {
        final long address = BASE + Long.parseLong(step[1]) * PAGE;
        final long pages = Long.parseLong(step[2]);
        final int prot = (step[3].contains("r") ? PROT_READ : 0)
                | (step[3].contains("w") ? Mman.PROT_WRITE : 0)
                | (step[3].contains("x") ? PROT_EXEC : 0);
        switch (step[0]) {
            case "m" -> machine.map(address, pages, prot);
            case "u" -> machine.unmap(address, pages);
            case "p" -> machine.protect(address, pages, prot);
            case "h" -> assertEquals(0, machine.mm.madvise(machine.task, address, pages * PAGE, Mman.MADV_HUGEPAGE));
            default -> assertEquals(0, machine.mm.madvise(machine.task, address, pages * PAGE, Mman.MADV_NOHUGEPAGE));
        }
    }

    @Test
    void shouldKeepMappingsApartWhoseAnonIdentitiesDiffer() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.map(BASE + 8 * PAGE, 4, RW);
            machine.store(BASE, 1);
            machine.store(BASE + 8 * PAGE, 2);
            machine.map(BASE + 4 * PAGE, 4, RW);
            assertEquals("0-8rw 8-12rw", machine.layout());
        }
    }

    @Test
    void shouldShareTheIdentityOfAnAdjacentMapping() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.map(BASE + 4 * PAGE, 4, PROT_READ | PROT_EXEC);
            machine.store(BASE, 1);
            machine.fault(BASE + 4 * PAGE, FAULT_FLAG_WRITE);
            // The second was never charged, so the two differ in that and the identity is not shared.
            assertNotEquals(
                    machine.vma(BASE).anonVma(), machine.vma(BASE + 4 * PAGE).anonVma());
            machine.map(BASE + 8 * PAGE, 4, RW | PROT_EXEC);
            machine.map(BASE + 12 * PAGE, 4, RW);
            machine.store(BASE + 8 * PAGE, 1);
            machine.store(BASE + 12 * PAGE, 1);
            assertEquals(
                    machine.vma(BASE + 8 * PAGE).anonVma(),
                    machine.vma(BASE + 12 * PAGE).anonVma());
            machine.protect(BASE + 8 * PAGE, 4, RW);
            assertEquals("0-4rw 4-8rx 8-16rw", machine.layout());
        }
    }

    /** is_mergeable_anon_vma() asks whether a list has exactly one member; an empty one has not. */
    @Test
    void shouldNotMergeATouchedPartIntoAnUntouchedMapping() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.map(BASE + 4 * PAGE, 4, RW | PROT_EXEC);
            machine.store(BASE + 4 * PAGE, 1);
            machine.protect(BASE + 4 * PAGE, 4, RW);
            assertEquals("0-4rw 4-8rw", machine.layout());
        }
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.map(BASE + 4 * PAGE, 4, RW | PROT_EXEC);
            machine.store(BASE, 1);
            machine.protect(BASE + 4 * PAGE, 4, RW);
            assertEquals("0-8rw", machine.layout(), "the other way round they merge");
        }
    }

    @Test
    void shouldBridgeAHoleWithTheIdentityOfEitherSide() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            machine.map(BASE + 8 * PAGE, 4, RW);
            machine.store(BASE + 8 * PAGE, 1);
            final long identity = machine.vma(BASE + 8 * PAGE).anonVma();
            machine.map(BASE + 4 * PAGE, 4, RW);
            assertEquals("0-12rw", machine.layout());
            assertEquals(identity, machine.vma(BASE).anonVma());
        }
    }

    @Test
    void shouldNotMergeWhatIsNeverCharged() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(BASE, 4, RW);
            assertEquals(
                    BASE + 4 * PAGE,
                    machine.mm.mmap(machine.task, BASE + 4 * PAGE, 4 * PAGE, RW, PRIVATE | MAP_FIXED | MAP_NORESERVE));
            assertEquals("0-4rw 4-8rw", machine.layout());
        }
    }

    @Test
    void shouldNotMergeImportedMappingsButMergeThemWhenTheyAreChanged() {
        try (MmMachine machine = MmMachine.small()) {
            final long flags = VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE;
            machine.mm.mapImported(machine.task, BASE, BASE + PAGE, flags, null);
            machine.mm.mapImported(machine.task, BASE + PAGE, BASE + 2 * PAGE, flags, null);
            assertEquals("0-1rw 1-2rw", machine.layout());
            machine.protect(BASE, 1, PROT_READ);
            machine.protect(BASE + PAGE, 1, PROT_READ);
            assertEquals("0-2r", machine.layout());
            assertEquals(-Errno.EACCES, machine.mm.mprotect(machine.task, BASE, PAGE, PROT_EXEC));
        }
    }

    @Test
    void shouldMergeOnlyMappingsWithTheSameOperations() {
        try (MmMachine machine = MmMachine.small()) {
            final long flags = VmFlags.VM_READ | VmFlags.VM_MAYREAD;
            final VmOperations one = (task, mm, vma, address, faultFlags) -> 2;
            final VmOperations other = (task, mm, vma, address, faultFlags) -> 4;
            machine.mm.mapImported(machine.task, BASE, BASE + PAGE, flags, one);
            machine.mm.mapImported(machine.task, BASE + PAGE, BASE + 2 * PAGE, flags, one);
            machine.mm.mapImported(machine.task, BASE + 2 * PAGE, BASE + 3 * PAGE, flags, other);
            machine.protect(BASE, 3, PROT_NONE);
            assertEquals("0-2- 2-3-", machine.layout());
            assertSame(other, machine.vma(BASE + 2 * PAGE).ops());
        }
    }

    @Test
    void shouldFindMappingsAmongMany() {
        try (MmMachine machine = MmMachine.small()) {
            final int mappings = 3000;
            for (int i = 0; i < mappings; i++) {
                machine.map(BASE + 2L * i * PAGE, 1, RW);
            }
            for (int i = 0; i < mappings; i++) {
                final long start = BASE + 2L * i * PAGE;
                assertEquals(start, machine.mm.findVma(start).start());
                assertEquals(start, machine.mm.findVma(start + PAGE - 1).start());
                assertEquals(start, machine.mm.findVma(start - 1).start());
            }
            assertEquals(null, machine.mm.findVma(BASE + 2L * mappings * PAGE));
            assertEquals(null, machine.mm.findVma(0xffff_ffff_ff60_0000L));
            assertEquals(BASE, machine.mm.findVma(0).start());
        }
    }

    @Test
    void shouldRefuseMoreMappingsThanLinuxAllows() {
        try (MmMachine machine = MmMachine.small()) {
            final long large = BASE - 8 * PAGE;
            machine.map(large, 4, RW);
            for (int i = 0; i < VmaEdit.MAX_MAP_COUNT; i++) {
                final long start = BASE + 2L * i * PAGE;
                assertEquals(start, machine.mm.mmap(machine.task, start, PAGE, RW, PRIVATE | MAP_FIXED));
            }
            assertEquals(-Errno.ENOMEM, machine.mm.mmap(machine.task, 0, PAGE, RW, PRIVATE));
            assertEquals(-Errno.ENOMEM, machine.mm.mprotect(machine.task, large, PAGE, PROT_READ));
            assertEquals(-Errno.ENOMEM, machine.mm.madvise(machine.task, large, PAGE, Mman.MADV_HUGEPAGE));
            assertEquals(-Errno.ENOMEM, machine.mm.munmap(machine.task, large + PAGE, PAGE), "would make one more");
            assertEquals(0, machine.mm.munmap(machine.task, large, PAGE), "makes none");
            assertEquals(0, machine.mm.munmap(machine.task, large + 3 * PAGE, PAGE));
            assertEquals(0, machine.mm.munmap(machine.task, BASE, 64 * PAGE));
            assertEquals(0, machine.mm.mprotect(machine.task, large + PAGE, PAGE, PROT_READ));
        }
    }
}
