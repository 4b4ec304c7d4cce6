package org.gup.conformance;

import static org.gup.flags.VmFlags.VM_IO;
import static org.gup.flags.VmFlags.VM_MAYWRITE;
import static org.gup.mm.Mman.MAP_GROWSDOWN;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;

import java.util.Objects;
import org.gup.file.RawMemory;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;

/** VMA rules. */
final class SectionB {
    private static final long VSYSCALL = 0xffffffffff600000L;
    /** Frames that no kernel page describes: a device's registers. */
    private static final long REGISTERS_PFN = 1L << 36;

    private static final int PKEY = 1;
    private static final int PKRU_NO_WRITE = 2 << (2 * PKEY);

    private SectionB() {}

    static void add(final CaseTable table) {
        holes(table);
        kinds(table);
        force(table);
        oddPermissions(table);
        keys(table);
        gate(table);
        changes(table);
    }

    private static void holes(final CaseTable table) {
        table.row("B01", "no VMA", "G/U/F nr=1", s -> {
            final Place nothing = s.place(1);
            s.call("G r", nothing, 1);
            s.call("U r", nothing, 1);
            s.call("F r", nothing, 1);
        });
        table.row(
                "B03", "an pop 3, hole", "F nr=8", s -> s.call("F r", s.anon(3).populate(), 8));
        table.row("B04", "an unpop 3, hole", "F W nr=8", s -> s.call("F W", s.anon(3), 8));
        table.row("B05", "hole first", "F nr=8, page 1 pop", s -> {
            final Place place = s.place(8);
            s.anon(place.page(1), Scene.RW, 0).populate();
            s.call("F r", place, 8);
        });
        table.row("B06", "just below stack VMA, within limit", "G W nr=1", s -> {
            final Place place = s.place(4);
            s.anon(place.part(1, 3), Scene.RW, MAP_GROWSDOWN).populate();
            s.call("G W", place, 1);
            s.see("grown", Objects.requireNonNull(s.mm().findVma(place.va())).start() == place.va());
        });
        table.row("B07", "two adjacent VMAs pop", "G nr across", s -> {
            final Place place = s.anon(8).populate();
            place.part(4, 4).protect(PROT_READ);
            s.call("G r vmas", place, 8);
        });
    }

    private static void kinds(final CaseTable table) {
        table.row("B09", "VM_PFNMAP mapped", "F", s -> {
            final RawMemory registers = s.closeLast(RawMemory.pfnMap("registers", REGISTERS_PFN));
            s.call("F r", s.file(s.place(1), PROT_READ, MAP_SHARED, registers), 1);
        });
        table.row("B10", "VM_IO", "G pages=NULL", s -> {
            final Place place = s.anon(1).populate();
            Stage.ok(s.mm().changeVmFlags(s.helper(), place.va(), place.bytes(), VM_IO, 0));
            s.call("G r pages=NULL", place, 1);
        });
        table.row("B26", "file VMA", "G ANON", s -> {
            final Place place =
                    s.file(s.place(1), PROT_READ, MAP_SHARED, s.diskFile(1)).readAll();
            s.call("G ANON", place, 1);
        });
        table.row("B27", "an", "G ANON", s -> s.call("G ANON", s.anon(1), 1));
        table.row("B32", "MIXEDMAP special pfn", "G r pages=NULL nr=1", s -> {
            final RawMemory registers = s.closeLast(RawMemory.mixedMap("registers", REGISTERS_PFN));
            final Place place = s.file(s.place(1), PROT_READ, MAP_SHARED, registers);
            s.hold("G r pages=NULL", place, 1);
            final long pte = place.entryAddress(0, PageTableGeometry.PTE_LEVEL);
            TablePages.getAndSet(pte, place.pte(0) & ~Pte.ACCESSED);
            s.call("G r pages=NULL", place, 1);
            s.see("touched", (place.pte(0) & Pte.ACCESSED) != 0);
        });
    }

    private static void force(final CaseTable table) {
        table.row("B12", "PROT_NONE an, pop", "G r FORCE", s -> {
            final Place place = s.anon(1).populate().protect(PROT_NONE);
            s.call("G FORCE", place, 1);
        });
        table.row("B13", "PROT_NONE an, pop", "F r", s -> {
            final Place place = s.anon(1).populate().protect(PROT_NONE);
            s.call("F r", place, 1);
        });
        table.row("B15", "RO private file, page cache mapped RO", "G W FORCE", s -> {
            final Place place =
                    s.file(s.place(1), PROT_READ, MAP_PRIVATE, s.diskFile(1)).readAll();
            final GupCall call = s.call("G W+FORCE", place, 1);
            s.see("anon", s.isFlagged(call.pages[0], PageDescriptor.PG_ANON));
            s.see("entryWritable", Pte.isWritable(place.pte(0)));
        });
        table.row("B17", "private RO, !VM_MAYWRITE", "G W FORCE", s -> {
            final Place place = s.anon(1).populate().protect(PROT_READ);
            Stage.ok(s.mm().changeVmFlags(s.helper(), place.va(), place.bytes(), 0, VM_MAYWRITE));
            s.call("G W+FORCE", place, 1);
        });
    }

    private static void oddPermissions(final CaseTable table) {
        table.row("B18", "write-only VMA (W, no R), pop", "G r", s -> {
            final Place place = s.anon(1).populate().protect(PROT_WRITE);
            s.call("G r", place, 1);
        });
        table.row("B19", "write-only VMA, pop", "F r", s -> {
            final Place place = s.anon(1).populate().protect(PROT_WRITE);
            s.call("F r", place, 1);
        });
        table.row("B20", "write-only VMA, unpop", "F r", s -> s.call("F r", s.anon(1, PROT_WRITE), 1));
        table.row("B21", "exec-only VMA, no PKU hw, pop", "F r / G r", s -> {
            s.mm().setPku(false);
            final Place place = s.anon(1).populate().protect(PROT_EXEC);
            s.call("F r", place, 1);
            s.call("G r", place, 1);
        });
        table.row("B22", "exec-only VMA with PKU (exec pkey)", "F r", s -> {
            final Place place = s.anon(1).populate();
            // The key is denied to the thread that asks for an execute-only mapping.
            Stage.ok(s.mm().mprotect(s.task(), place.va(), place.bytes(), PROT_EXEC));
            s.call("F r", place, 1);
        });
    }

    private static void keys(final CaseTable table) {
        table.row("B24", "pkey write-disabled, pop", "F r / F W", s -> {
            final Place place = s.anon(1);
            Stage.ok(s.mm().pkeyMprotect(s.helper(), place.va(), place.bytes(), Scene.RW, PKEY));
            place.populate();
            s.task().setPkru(PKRU_NO_WRITE);
            s.call("F r", place, 1);
            s.call("F W", place, 1);
        });
    }

    private static void gate(final CaseTable table) {
        table.row("B28", "vsyscall (emulate)", "G r", s -> {
            final long kernelPage = s.kernelPage();
            s.option(calls -> calls.vsyscallPage(kernelPage));
            s.pagesMayMove();
            final GupCall call = s.call("G r", s.wild(VSYSCALL), 1);
            s.see("kernelPage", call.pages[0] == kernelPage);
            s.see("kernelPageRefs", s.refcount(kernelPage) - 1);
        });
        table.row("B29", "vsyscall", "G W / F r", s -> {
            final long kernelPage = s.kernelPage();
            s.option(calls -> calls.vsyscallPage(kernelPage));
            s.call("G W", s.wild(VSYSCALL), 1);
            s.call("F r", s.wild(VSYSCALL), 1);
            s.see("kernelPageRefs", s.refcount(kernelPage) - 1);
        });
    }

    private static void changes(final CaseTable table) {
        table.row("B33", "mprotect RO after pop RW", "F W", s -> {
            final Place place = s.anon(1).populate().protect(PROT_READ);
            s.call("F W", place, 1);
        });
        table.row("B35", "an pop, then munmap+new mmap between calls", "F", s -> {
            final Place place = s.anon(1).populate();
            final GupCall before = s.call("F r", place, 1);
            Stage.ok(s.mm().munmap(s.helper(), place.va(), place.bytes()));
            s.anon(place, Scene.RW, 0).populate();
            final GupCall after = s.call("F r", place, 1);
            s.see("newPage", before.pages[0] != after.pages[0]);
        });
    }
}
