package org.gup.conformance;

import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;

import java.util.concurrent.atomic.AtomicBoolean;
import org.gup.mm.MmStruct;
import org.gup.page.DevPagemap;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.shim.AccessKind;
import org.gup.shim.Interposer;
import org.gup.stat.Counter;

/** DAX. */
final class SectionD {
    private static final long HUGE_BYTES = PageTableGeometry.HPAGE_PMD_SIZE;

    private SectionD() {}

    static void add(final CaseTable table) {
        oneMapping(table);
        mixed(table);
        privateAndHoles(table);
        deviceDax(table);
        dying(table);
        users(table);
    }

    private static void oneMapping(final CaseTable table) {
        table.row("D01", "fs-dax shared, PTE devmap RW", "F W", s -> {
            final Place place = s.fsDax(1).populate();
            s.see("devmap", s.mm().walkRoot().layout().isDevmap(place.pte(0)));
            s.call("F W", place, 1);
        });
        table.row(
                "D02",
                "fs-dax, PTE devmap",
                "FL W",
                s -> s.call("FL W", s.fsDax(1).populate(), 1));
        table.row("D03", "fs-dax", "GL nr=4", s -> s.call("GL r", s.fsDax(4).populate(), 4));
        table.row("D04", "fs-dax unpop", "GL W nr=1", s -> {
            final Place place = s.file(s.place(1), Scene.RW, MAP_SHARED, s.daxFile(1));
            s.call("GL W", place, 1);
            s.see("devmap", s.mm().walkRoot().layout().isDevmap(place.pte(0)));
            s.see("entryWritable", Pte.isWritable(place.pte(0)));
        });
        table.row("D15", "fs-dax 2M PMD", "G W nr=1", s -> {
            final Place place = s.fsDax(512);
            place.write(0, 1);
            s.see("huge", place.isHuge(0));
            s.call("G W", place, 1);
        });
        table.interposed("D23", "devmap PMD changes during walk", "F", s -> {
            final Place place = s.fsDax(512);
            place.write(0, 1);
            final long pmd = place.entryAddress(0, PageTableGeometry.PMD_LEVEL);
            Interposer.before(AccessKind.LOAD_VOLATILE, pmd)
                    .act(() -> flipAccessed(pmd))
                    .during(() -> s.call("F r", place, 8));
        });
    }

    /** What the processor or reclaim does to an entry at any time. */
    static void flipAccessed(final long entryAddress) {
        TablePages.getAndSet(entryAddress, TablePages.entryVolatile(entryAddress) ^ Pte.ACCESSED);
    }

    private static void mixed(final CaseTable table) {
        table.row("D05", "an pop ×4 then fs-dax ×4", "GL nr=8", s -> s.call("GL r", anonThenDax(s, true), 8));
        table.row("D06", "an pop ×4 then fs-dax ×4", "FL nr=8", s -> s.call("FL r", anonThenDax(s, true), 8));
        table.row("D07", "an unpop ×4 then fs-dax", "FL W nr=8", s -> s.call("FL W", anonThenDax(s, false), 8));
    }

    private static Place anonThenDax(final Scene s, final boolean populated) {
        final Place anon = s.anon(4);
        final Place both = new Place(s, s.mm(), anon.va(), 8);
        s.beside().fsDax(4);
        return populated ? both.populate() : both;
    }

    private static void privateAndHoles(final CaseTable table) {
        table.row("D09", "fs-dax private, COWed anon page RW", "GL", s -> {
            final Place place = s.fsDax(1, MAP_PRIVATE).populate();
            s.see("anon", s.isFlagged(place.pfn(0), PageDescriptor.PG_ANON));
            s.call("GL r", place, 1);
        });
        table.row("D10", "fs-dax private, COWed anon page RW", "FL W", s -> {
            final Place place = s.fsDax(1, MAP_PRIVATE).populate();
            s.see("anon", s.isFlagged(place.pfn(0), PageDescriptor.PG_ANON));
            s.call("FL W", place, 1);
        });
        table.row("D11", "fs-dax hole, read", "GL r", s -> {
            final Place place = s.file(s.place(1), Scene.RW, MAP_SHARED, s.daxFile(1));
            s.call("GL r", place, 1);
            s.see("zeroMapped", place.pfn(0) == s.memory().zeroPfn());
        });
    }

    private static void deviceDax(final CaseTable table) {
        table.row(
                "D16",
                "device-dax PTE",
                "FL W",
                s -> s.call("FL W", s.deviceDax(1, Place.PAGE).populate(), 1));
        table.row("D17", "device-dax PMD", "GL nr=512", s -> {
            final Place place = s.deviceDax(512, HUGE_BYTES);
            place.write(0, 1);
            s.see("huge", place.isHuge(0));
            s.call("GL r", place, 512);
        });
    }

    private static void dying(final CaseTable table) {
        table.row(
                "D19",
                "10 anon + 5 devmap in one PTE table, next devmap's pgmap dying",
                "F nr=16",
                Config.withAnotherPmem(),
                s -> {
                    final Place place = withDyingTail(s, 0);
                    callUntilKilled(s, place);
                    s.call("FO r", place, 16);
                });
        table.row("D20", "previous PTE table 512 pop, then D19", "F nr=528", Config.withAnotherPmem(), s -> {
            final Place place = withDyingTail(s, 512);
            callUntilKilled(s, place);
        });
        table.row("D21", "device-dax PMD, pgmap dying", "G", s -> {
            final Place place = s.deviceDax(512, HUGE_BYTES);
            place.write(0, 1);
            s.see("huge", place.isHuge(0));
            s.memory().devices().get(1).kill();
            s.call("G r", place, 1);
        });
    }

    /** Anonymous pages up to ten pages into a table, five of a device, one of a device that goes away. */
    private static Place withDyingTail(final Scene s, final long before) {
        final Place anon = s.anon(before + 10).populate();
        s.beside().fsDax(5).populate();
        final DevPagemap dying = s.memory().devices().get(2);
        s.beside().fsDaxOn(dying, 1).populate();
        dying.kill();
        return new Place(s, s.mm(), anon.va(), before + 16);
    }

    /** The call ends only by a signal: lookup finds no live device, the fault finds the entry there. */
    private static void callUntilKilled(final Scene s, final Place place) throws InterruptedException {
        final long faults = s.task().counters().get(Counter.PGFAULT);
        final AtomicBoolean returned = new AtomicBoolean();
        final Thread killer = new Thread(() -> {
            while (!returned.get() && s.task().counters().get(Counter.PGFAULT) < faults + 100) {
                Thread.yield();
            }
            s.task().sendSigkill();
        });
        killer.start();
        try {
            s.call("F r", place, place.pages());
        } finally {
            returned.set(true);
            killer.join();
        }
    }

    private static void users(final CaseTable table) {
        table.row("D25", "mm_iommu style chunks: chunk 0 anon, chunk 1 fs-dax", "GL ×2", s -> {
            final Place both = anonThenDax(s, true);
            s.call("GL r", both.part(0, 4), 4);
            s.call("GL r", both.part(4, 4), 4);
        });
        table.row("D26", "fs-dax, R W foreign mm (vfio)", "R r", s -> {
            final MmStruct guest = s.newProcess();
            final Place place = s.in(guest).fsDax(1).populate();
            final GupCall call = s.call("R r vmas", place, 1);
            s.see("callersTestFindsFsDax", call.vmas[0].isFsDax());
        });
        table.row(
                "D27",
                "FS_DAX=n, CMA=n build, pages=NULL",
                "GL nr=1 an",
                Config.withoutFsDaxAndCma(),
                s -> s.call("GL r pages=NULL", s.anon(1), 1));
    }
}
