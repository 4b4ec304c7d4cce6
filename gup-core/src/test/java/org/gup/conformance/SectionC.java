package org.gup.conformance;

import static org.gup.flags.VmFlags.VM_LOCKED;
import static org.gup.flags.VmFlags.VM_LOCKONFAULT;
import static org.gup.mm.Mman.MADV_DONTNEED;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Objects;
import org.gup.MmPopulate;
import org.gup.file.PageCacheFile;
import org.gup.mm.VmArea;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.shim.AccessKind;
import org.gup.shim.Interposer;
import org.gup.stat.Counter;
import org.gup.task.FaultPoint;

/** Anonymous memory, copy on write, swap, NUMA. */
final class SectionC {
    private static final long CONTENT = 0x5eedL;

    private SectionC() {}

    static void add(final CaseTable table) {
        present(table);
        absent(table);
        protnone(table);
        swap(table);
        poisonAndWant(table);
        copyOnWrite(table);
        counts(table);
        touch(table);
        relatives(table);
        populate(table);
    }

    private static void present(final CaseTable table) {
        table.row("C01", "an pop", "F W nr=1", s -> s.call("F W", s.anon(1).populate(), 1));
        table.row(
                "C02",
                "an pop ×512",
                "F W nr=512",
                s -> s.call("F W", s.anon(512).populate(), 512));
        table.row("C07", "5 pop, 3 unpop", "F W nr=8", s -> {
            final Place place = s.anon(8);
            place.part(0, 5).populate();
            s.call("F W", place, 8);
        });
        table.row("C08", "3 pop, 1 unpop, 4 pop", "F W nr=8", s -> {
            final Place place = s.anon(8);
            place.part(0, 3).populate();
            place.part(4, 4).populate();
            s.call("F W", place, 8);
        });
    }

    private static void absent(final CaseTable table) {
        table.row("C03", "an unpop", "F r nr=1", s -> s.call("F r", s.anon(1), 1));
        table.row(
                "C04",
                "zero page mapped",
                "F r again",
                s -> s.call("F r", s.anon(1).readAll(), 1));
        table.row("C06", "zero page mapped", "F W", s -> {
            final Place place = s.anon(1).readAll();
            s.call("F W", place, 1);
            s.see("zeroMapped", place.pfn(0) == s.memory().zeroPfn());
        });
        table.row("C27", "an unpop", "GL r nr=1", s -> s.call("GL r", s.anon(1), 1));
        table.row("C33", "uffd-missing an unpop, G (no retry)", "G W", s -> {
            final Place place = s.anon(1);
            s.mm().userfault(s.helper(), place.va(), 1, (who, mm, address) -> mm.fillMissing(who, address));
            s.call("G W", place, 1);
        });
        table.row("C38", "an unpop", "FL W", s -> s.call("FL W", s.anon(1), 1));
    }

    private static void protnone(final CaseTable table) {
        table.row("C09", "4 pop, page 4 protnone (NUMA)", "F r nr=8", s -> {
            final Place place = s.anon(8).populate();
            s.numaHint(place.page(4));
            s.call("F r", place, 8);
            s.see("stillProtnone", Pte.isProtnone(place.pte(4)));
        });
        table.row("C10", "RW page made protnone by NUMA scan", "F W+FORCE", s -> {
            final Place place = s.anon(1).populate();
            s.numaHint(place);
            s.call("F W+FORCE", place, 1);
            s.see("stillProtnone", Pte.isProtnone(place.pte(0)));
        });
        table.row("C10b", "RW page made protnone by NUMA scan", "F W", s -> {
            final Place place = s.anon(1).populate();
            s.numaHint(place);
            s.call("F W", place, 1);
            s.see("stillProtnone", Pte.isProtnone(place.pte(0)));
        });
    }

    private static void swap(final CaseTable table) {
        table.row("C11", "swapped out", "F r", s -> {
            final Place place = s.swappedOut(s.anon(1).populate());
            s.call("F r", place, 1);
            s.see("content", place.read(0) == place.va(0));
        });
        table.row("C12", "swapped out", "G r", s -> {
            final Place place = s.swappedOut(s.anon(1).populate());
            s.call("G r", place, 1);
            s.see("content", place.read(0) == place.va(0));
        });
        table.row("C13", "swapped out, I/O needed", "G r NOWAIT nr=1", s -> {
            final Place place = s.swappedOut(s.anon(1).populate());
            s.call("G NOWAIT", place, 1);
        });
        table.row("C14", "2 pop, 1 swapped", "G r NOWAIT nr=3", s -> {
            final Place place = s.anon(3).populate();
            s.swappedOut(place.page(2));
            s.call("G NOWAIT", place, 3);
        });
        table.row("C15", "migration entry, migration then succeeds", "F r", s -> {
            final Place place = s.anon(1).populate();
            try (Migrator migrator = new Migrator(s, place)) {
                migrator.runToCopy();
                s.see("migrationEntry", s.mm().walkRoot().layout().isMigration(place.pte(0)));
                s.whenWaiting(migrator::goOn);
                final GupCall call = s.call("F r", place, 1);
                s.see("waits", s.task().counters().get(Counter.MIGRATION_ENTRY_WAITS) > 0);
                s.see("migrateResult", migrator.result());
                s.see("newPage", call.pages[0] == migrator.target());
            }
            s.see("content", place.read(0) == place.va(0));
        });
    }

    private static void poisonAndWant(final CaseTable table) {
        table.row("C17", "hwpoison entry", "G HWPOISON", s -> {
            final Place place = s.anon(1).populate();
            s.poison(place);
            s.call("G HWPOISON", place, 1);
        });
        table.row("C20", "alloc fails on page 3", "G W nr=8", s -> {
            final Place place = s.anon(8);
            s.task().failNth(FaultPoint.PAGE_ALLOC, 4);
            s.call("G W", place, 8);
        });
    }

    private static void copyOnWrite(final CaseTable table) {
        table.row("C22", "forked, shared RO", "F r parent", s -> {
            final Place parent = s.anon(1).populate();
            final Place child = s.fork(parent);
            final GupCall call = s.call("F r", parent, 1);
            s.see("childHasIt", child.pfn(0) == call.pages[0]);
        });
        table.row("C23", "C22 then parent writes", "–", s -> {
            final Place parent = s.anon(1).populate();
            final Place child = s.fork(parent);
            final GupCall call = s.call("F r", parent, 1);
            parent.write(0, CONTENT);
            s.see("parentMoved", parent.pfn(0) != call.pages[0]);
            s.see("childHasIt", child.pfn(0) == call.pages[0]);
            s.see("holderSeesOld", s.memory().frames().getLong(call.pages[0], 0) == parent.va(0));
        });
        table.row("C24", "forked, shared RO", "FL r parent", s -> {
            final Place parent = s.anon(1).populate();
            final Place child = s.fork(parent);
            final GupCall call = s.call("FL r", parent, 1);
            s.see("childHasIt", child.pfn(0) == call.pages[0]);
        });
        table.row("C26", "an pop with F held, no fork, mprotect RO→RW, write", "–", s -> {
            final Place place = s.anon(1).populate();
            final GupCall call = s.call("F W", place, 1);
            place.protect(PROT_READ).protect(Scene.RW);
            place.write(0, CONTENT);
            s.see("reused", place.pfn(0) == call.pages[0]);
            s.see("holderSeesNew", s.memory().frames().getLong(call.pages[0], 0) == CONTENT);
        });
        table.row("C29", "KSM page RO", "FL r", s -> {
            final Place place = s.anon(2).populate();
            place.write(0, CONTENT);
            place.write(1, CONTENT);
            assertEquals(1, s.mm().mergeIdentical(s.helper(), place.va(), 2), "pages merged");
            final GupCall call = s.call("FL r", place, 1);
            s.see("ksm", s.isFlagged(call.pages[0], PageDescriptor.PG_KSM));
        });
    }

    private static void counts(final CaseTable table) {
        table.row("C30", "page refcount 0 (being freed), PTE still old", "F", s -> {
            final Place place = s.anon(1).populate();
            final long page = s.address(place);
            assertTrue(PageRef.freeze(page, 1), "the page has another reference");
            s.mm().mmapWriteLock(s.helper());
            s.whenWaiting(() -> {
                // The slow leg waits for mmap_sem: now the entry goes.
                PageRef.unfreeze(page, 1);
                s.mm().mmapWriteUnlock(s.helper());
                Stage.ok(s.mm().madvise(s.helper(), place.va(), place.bytes(), MADV_DONTNEED));
            });
            s.call("F W", place, 1);
        });
        table.interposed("C32", "PTE A bit flips between read and recheck", "F", s -> {
            final Place place = s.anon(1).populate();
            final long pte = place.entryAddress(0, PageTableGeometry.PTE_LEVEL);
            Interposer.before(AccessKind.LOAD_VOLATILE, pte)
                    .act(() -> SectionD.flipAccessed(pte))
                    .during(() -> s.call("F r", place, 1));
        });
        table.row("C31", "head refcount negative", "F", s -> {
            final Place place = s.anon(1).populate();
            final long page = s.address(place);
            PageRef.get(page, Integer.MIN_VALUE);
            s.call("F r", place, 1);
            PageRef.get(page, Integer.MIN_VALUE);
        });
    }

    private static void touch(final CaseTable table) {
        table.row(
                "C35",
                "an pop",
                "G r TOUCH effect",
                s -> s.call("G r", s.anon(1).populate(), 1));
        table.row("C36", "shared shmem, PTE RW but D clear, page clean", "G W", s -> {
            final Place place = s.shared(1).readAll();
            s.see("entryWritable", Pte.isWritable(place.pte(0)));
            s.see("wasDirty", s.isFlagged(place.pfn(0), PageDescriptor.PG_DIRTY));
            s.call("G W", place, 1);
            s.see("dirty", s.isFlagged(place.pfn(0), PageDescriptor.PG_DIRTY));
        });
        table.row("C37", "as C36 populated RW clean", "F W", s -> {
            final Place place = s.shared(1).readAll();
            s.call("F W", place, 1);
            s.see("dirty", s.isFlagged(place.pfn(0), PageDescriptor.PG_DIRTY));
        });
    }

    private static void relatives(final CaseTable table) {
        table.row("C40", "get_dump_page on zero page", "–", s -> {
            final Place place = s.anon(1).readAll();
            final long page = s.held(place.mm(), () -> s.gup().getDumpPage(s.task(), s.mm(), place.va()));
            s.see("page", page == -1 ? "NULL" : page);
            s.see("zeroRefs", s.refcount(s.memory().zeroPfn()) - 1);
        });
        table.row("C41", "follow_page(pop, no GET)", "–", s -> {
            final Place place = s.anon(1).populate();
            final int refs = s.refcount(place.pfn(0));
            final long page = s.held(place.mm(), () -> s.gup().followPage(s.task(), s.mm(), place.va(), 0));
            s.see("page", page == place.pfn(0));
            s.see("refs", s.refcount(place.pfn(0)) - refs);
        });
    }

    private static void populate(final CaseTable table) {
        table.row("C43", "populate shared RW file", "populate", s -> {
            final PageCacheFile file = s.diskFile(4);
            final Place place = s.file(s.place(4), Scene.RW, MAP_SHARED, file);
            populate(s, place);
            s.see("entryWritable", Pte.isWritable(place.pte(3)));
            s.see("dirty", s.isFlagged(place.pfn(3), PageDescriptor.PG_DIRTY));
        });
        table.row("C44", "populate LOCKONFAULT unpop", "populate", s -> {
            final Place place = s.anon(16);
            Stage.ok(s.mm().setLocked(s.helper(), place.va(), place.bytes(), VM_LOCKED | VM_LOCKONFAULT));
            populate(s, place);
        });
        table.row("C45", "populate PROT_NONE", "populate", s -> populate(s, s.anon(4, PROT_NONE)));
    }

    /** populate_vma_page_range(), which mmap(MAP_POPULATE) and mlock() call for each mapping. */
    private static void populate(final Scene s, final Place place) {
        final MmPopulate populate = new MmPopulate(s.gup());
        final long faults = s.task().counters().get(Counter.PGFAULT);
        final long result = s.held(place.mm(), () -> {
            final VmArea vma = Objects.requireNonNull(s.mm().findVma(place.va()));
            return populate.populateVmaPageRange(s.task(), s.mm(), vma, place.va(), place.va(place.pages()), null);
        });
        s.see("result", GupCall.text(result));
        s.see("faulted", s.task().counters().get(Counter.PGFAULT) > faults);
        s.see("mapped", Arrays.stream(place.pfns()).filter(pfn -> pfn >= 0).count());
    }
}
