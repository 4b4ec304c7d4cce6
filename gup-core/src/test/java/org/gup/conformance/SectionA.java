package org.gup.conformance;

import static org.gup.mm.Mman.PROT_READ;

import org.gup.pgtable.Pte;

/** Arguments and flags. */
final class SectionA {
    private SectionA() {}

    static void add(final CaseTable table) {
        counts(table);
        longtermBits(table);
        otherBits(table);
        ranges(table);
        signals(table);
    }

    private static void counts(final CaseTable table) {
        table.row("A01", "any", "G nr=0", s -> s.call("G r", s.anon(1), 0));
        table.row("A02", "an pop", "F nr=0", s -> s.call("F r", s.anon(4).populate(), 0));
        table.row("A04", "any", "GL nr=0", s -> s.call("GL r", s.anon(1), 0));
        table.row(
                "A05",
                "an pop",
                "GL pages=NULL nr=1",
                s -> s.call("GL r pages=NULL", s.anon(1).populate(), 1));
        table.row(
                "A06",
                "an pop",
                "FL pages=NULL",
                s -> s.call("FL r pages=NULL", s.anon(1).populate(), 1));
        table.row("A07", "an unpop", "G W pages=NULL nr=4", s -> {
            final Place place = s.anon(4);
            s.call("G W pages=NULL", place, 4);
            s.see("heldRefs", s.heldRefs(place));
        });
        table.row("A34", "any", "K LT nr=0", s -> s.call("K LT", s.anon(1), 0));
        table.row("A35", "any", "GL pages=NULL nr=0", s -> s.call("GL r pages=NULL", s.anon(1), 0));
    }

    private static void longtermBits(final CaseTable table) {
        table.row("A08", "an pop", "K LT nr=1", s -> s.call("K LT", s.anon(1).populate(), 1));
        table.row("A09", "an pop", "U LT nr=1", s -> s.call("U LT", s.anon(1).populate(), 1));
        table.row("A10", "an pop", "R LT locked=NULL", s -> s.call("R LT locked=NULL", s.inCma(s.anon(1)), 1));
        table.row("A11", "an pop", "R LT locked=&1", s -> s.call("R LT locked=&1", s.inCma(s.anon(1)), 1));
        table.row("A12", "an pop", "K LT twice", s -> {
            final Place place = s.anon(1).populate();
            s.call("K LT", place, 1);
            s.call("K LT", place, 1);
        });
        table.row("A13", "an pop", "G LT", s -> s.call("G LT", s.inCma(s.anon(1)), 1));
    }

    private static void otherBits(final CaseTable table) {
        table.row("A15", "RO private anon, pop RO", "F W+FORCE nr=1", s -> {
            final Place place = s.anon(1).populate().protect(PROT_READ);
            s.call("F W+FORCE", place, 1);
            s.see("entryWritable", Pte.isWritable(place.pte(0)));
        });
        table.row("A16", "an pop", "F flags=0x2", s -> s.call("F 0x2", s.anon(1).populate(), 1));
        table.row("A25", "an pop", "G+PIN bit", s -> s.call("G PIN", s.anon(1).populate(), 1));
        table.row(
                "A26",
                "any",
                "K *locked=0",
                s -> s.call("K r locked=0", s.anon(1).populate(), 1));
        table.row("A27", "any", "R locked and vmas both set", s -> {
            final Place place = s.anon(1).populate();
            s.call("R r locked=&1 vmas", place, 1);
            s.call("R LT locked=&1 vmas", place, 1);
        });
        table.row(
                "A29",
                "an pop",
                "G r pages=NULL flags GET",
                s -> s.call("G GET pages=NULL", s.anon(1).populate(), 1));
    }

    private static void ranges(final CaseTable table) {
        table.row("A18", "–", "F start=~0-4095 nr=2", s -> s.call("F r", s.wild(-Place.PAGE), 2));
        table.row("A19", "last user page pop", "F start=TASK_SIZE_MAX-4096 nr=2", s -> {
            final Place last = s.anon(s.lastPage(), Scene.RW, 0).populate();
            s.call("F r", last, 2);
        });
        table.row("A20", "last user page pop", "G same range", s -> {
            final Place last = s.anon(s.lastPage(), Scene.RW, 0).populate();
            s.call("G r", last, 2);
        });
    }

    private static void signals(final CaseTable table) {
        table.row("A30", "an pop", "U nr=1 while SIGKILL pending", s -> {
            final Place place = s.anon(1).populate();
            s.task().sendSigkill();
            s.call("U r", place, 1);
        });
        table.row("A31", "an pop, SIGKILL pending", "F nr=4", s -> {
            final Place place = s.anon(4).populate();
            s.task().sendSigkill();
            s.call("F r", place, 4);
        });
        table.row("A32", "an pop 2 + unpop 2, SIGKILL", "F W nr=4", s -> {
            final Place place = s.anon(4);
            place.part(0, 2).populate();
            s.task().sendSigkill();
            s.call("F W", place, 4);
        });
    }
}
