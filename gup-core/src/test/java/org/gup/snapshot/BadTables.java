package org.gup.snapshot;

import static org.gup.snapshot.BadInput.bad;
import static org.gup.snapshot.BadInput.limited;
import static org.gup.snapshot.BadInput.pmd;
import static org.gup.snapshot.BadInput.pte;
import static org.gup.snapshot.BadInput.pud;
import static org.gup.snapshot.DumpFiles.PMD_TABLE;
import static org.gup.snapshot.DumpFiles.PTE_TABLE;
import static org.gup.snapshot.DumpFiles.PUD_TABLE;
import static org.gup.snapshot.DumpFiles.TOP_TABLE;

import java.util.Arrays;
import java.util.stream.Stream;

/** Tables that Linux cannot have made, or that do not fit the rest of the dump. */
final class BadTables {
    private static final String RW = "rd wr mr mw me ac ";

    private BadTables() {}

    static Stream<BadInput> all() {
        final DumpOptions defaults = DumpOptions.DEFAULTS;
        return Stream.of(
                bad("no tables", dump -> dump.tables = new byte[0], "bin.gz: no tables: got 0 bytes"),
                bad(
                        "half an address",
                        dump -> dump.tables = Arrays.copyOf(dump.tables, 4 * 4104 + 3),
                        "bin.gz@16419: truncated table: got 3 bytes, allowed 4104"),
                bad(
                        "half a table",
                        dump -> dump.tables = Arrays.copyOf(dump.tables, 4 * 4104 - 1),
                        "bin.gz@16415: truncated table: got 4103 bytes, allowed 4104"),
                bad(
                        "unaligned table",
                        dump -> dump.addTable(0x14008),
                        "bin.gz@16416: table address not a multiple of 4096: got 0x14008"),
                bad(
                        "table twice",
                        dump -> dump.addTable(TOP_TABLE << 12),
                        "bin.gz@16416: table twice: got address 0x13000 after 0x13000"),
                bad("tables not ascending", dump -> dump.addTable(0xf000), "tables not ascending: got address 0xf000"),
                bad(
                        "table beyond memory",
                        dump -> dump.addTable(1L << 52),
                        "table outside the modelled memory: got address 0x10000000000000, allowed below 0x1000000000"),
                bad("table at a negative address", dump -> dump.addTable(-4096), "table outside the modelled memory"),
                bad(
                        "table that nothing points to",
                        dump -> dump.addTable(0x14000),
                        "bin.gz@16416: table that no entry points to: got 0x14000"),
                limited("too many tables", dump -> {}, defaults.withMaxTables(3), "too many tables: allowed 3"),
                limited(
                        "too much when unpacked",
                        dump -> dump.addTable(0x14000).addTable(0x15000),
                        defaults.withMaxTables(2),
                        "too many tables: allowed 2"),
                bad(
                        "no such table",
                        dump -> dump.entry(PMD_TABLE, 1, 0x14067),
                        "entry 1 of the level 2 table 0x11000: points to a table that is not in the file: got 0x14067"),
                bad(
                        "loop to the top",
                        dump -> dump.entry(PMD_TABLE, 1, TOP_TABLE << 12 | 0x67),
                        "loop or table at two levels: reached at level 4 and now at level 1"),
                bad(
                        "loop to itself",
                        dump -> dump.entry(PMD_TABLE, 1, PMD_TABLE << 12 | 0x67),
                        "loop or table at two levels: reached at level 2 and now at level 1"),
                bad(
                        "table at two levels",
                        dump -> dump.entry(PUD_TABLE, 2, PTE_TABLE << 12 | 0x67),
                        "loop or table at two levels: reached at level 1 and now at level 2"),
                bad(
                        "table shared at one level",
                        dump -> dump.entry(PMD_TABLE, 1, PTE_TABLE << 12 | 0x67),
                        "points to a table that is in use already: reached at level 1 and now at level 1"),
                bad(
                        "wrong CR3",
                        dump -> dump.cr3 = "0x12000",
                        "entry 0 of the level 2 table 0x10000: not the bits of a table: got 0x8000000000000067"),
                bad(
                        "CR3 of no table",
                        dump -> dump.cr3 = "0x14000",
                        "the top table is not among the tables: got CR3 0x14000"),
                bad(
                        "PSE at the top",
                        dump -> dump.entry(TOP_TABLE, 1, 0x14000L << 12 | 0xe7),
                        "entry 1 of the level 4 table 0x13000: PSE at level 4, allowed at levels 2 and 3"),
                bad(
                        "not present at the top",
                        dump -> dump.entry(TOP_TABLE, 1, 0x100),
                        "entry 1 of the level 4 table 0x13000: neither empty nor present at level 4"),
                bad(
                        "kernel table in the user half",
                        dump -> dump.entry(PUD_TABLE, 1, PMD_TABLE << 12 | 0x63),
                        "not the bits of a table: got 0x63, allowed 0x67 with or without ACCESSED and DIRTY"),
                bad(
                        "read-only table",
                        dump -> dump.entry(PUD_TABLE, 1, PMD_TABLE << 12 | 0x65),
                        "not the bits of a table"),
                bad(
                        "NX table",
                        dump -> dump.entry(PUD_TABLE, 1, PMD_TABLE << 12 | 0x67 | 1L << 63),
                        "not the bits of a table"),
                pud(
                        "1 GiB leaf not aligned",
                        0x8000000004e7L | 1L << 21,
                        "frame of a 1 GiB leaf not aligned: got 0x8000002004e7"),
                pud(
                        "1 GiB leaf beyond memory",
                        1L << 51 | 0xe7,
                        "not inside one mapping|page outside the modelled memory"),
                pud("PROTNONE table", 0x14000L | 0x166, "PROTNONE without PSE at level 3"),
                pud("splitting 1 GiB", 0x40000000L | 0xe6, "PSE without PRESENT and PROTNONE at level 3"),
                pmd("2 MiB leaf not aligned", 0x4020e7L, "frame of a 2 MiB leaf not aligned: got 0x4020e7"),
                pmd(
                        "2 MiB leaf beyond memory",
                        0x1fffe000e7L,
                        "page outside the modelled memory: got pfn 0x1fffe00, allowed 1 to 0xfffe00"),
                pmd(
                        "2 MiB leaf of frame 0",
                        0xe7,
                        "page outside the modelled memory: got pfn 0x0, allowed 1 to 0xfffe00"),
                pmd("2 MiB leaf special", 0x4002e7L, "SPECIAL in a huge leaf, which v5.2 does not know"),
                pmd("PROTNONE table", 0x14000L | 0x166, "PROTNONE without PSE at level 2"),
                bad(
                        "2 MiB leaf over a table",
                        dump -> {
                            dump.addTable(0x400000);
                            dump.entry(PUD_TABLE, 0, 0x400067);
                            dump.entry(PMD_TABLE, 1, 0x4000e7);
                        },
                        "entry 1 of the level 2 table 0x11000: maps a page table: pfn 0x400: got 0x4000e7"),
                pte("page of a table", 0x11067, "maps a page table: pfn 0x11: got 0x11067"),
                pte(
                        "page beyond memory",
                        0x1000000067L,
                        "page outside the modelled memory: got pfn 0x1000000, allowed 1 to 0xffffff"),
                pte("largest frame", 0x000ffffffffff067L, "page outside the modelled memory: got pfn 0xffffffffff"),
                pte("frame 0", 0x67, "page outside the modelled memory: got pfn 0x0, allowed 1 to"),
                pte(
                        "PROT_NONE beyond memory",
                        0x000_0000_0001_0120L,
                        "page outside the modelled memory: got pfn 0xffffffffef"),
                pte("neither present nor swap", 0x80, "not present, and not in swap format: bit 7 is set: got 0x80"),
                pte(
                        "migration entry beyond memory",
                        0xc7ffff7ffffffe00L,
                        "page outside the modelled memory: got pfn 0x40000000"),
                pte("writable zero page", 0x105227L, "writable zero page: SPECIAL and RW in a mapping without PFNMAP"),
                bad(
                        "two zero pages",
                        dump -> dump.entry(PTE_TABLE, 7, 0x105225).entry(PTE_TABLE, 8, 0x106225),
                        "entry 8 of the level 1 table 0x10000: two zero pages: got pfn 0x106 and 0x105"),
                bad(
                        "zero page mapped as another",
                        dump -> dump.entry(PTE_TABLE, 7, 0x105225).entry(PTE_TABLE, 8, 0x105025),
                        "bin.gz: the zero page is mapped as an ordinary page as well: pfn 0x105 at 0x40008000"),
                pte("zero page of a table", 0x10225, "maps a page table: pfn 0x10"),
                bad(
                        "device beside ordinary memory",
                        dump -> dump.entry(PTE_TABLE, 7, 1L << 57 | 0x180267),
                        "bin.gz: the 2 MiB block of a device is shared with ordinary memory, mapped at 0x40000000: pfn 0x0"),
                bad(
                        "device beside tables",
                        dump -> {
                            dump.entry(PTE_TABLE, 0, 0x400067).entry(PTE_TABLE, 1, 0);
                            dump.entry(PTE_TABLE, 7, 1L << 57 | 0x180267);
                        },
                        "the 2 MiB block of a device is shared with a page table: pfn 0x10"),
                bad(
                        "device beside the zero page",
                        dump -> {
                            dump.entry(PTE_TABLE, 7, 1L << 57 | 0x400267);
                            dump.entry(PTE_TABLE, 8, 0x410225);
                        },
                        "the 2 MiB block of a device is shared with the zero page: pfn 0x410"),
                bad(
                        "device of two kinds",
                        dump -> {
                            dump.vma("50000000-50200000 rw-s 00000000 00:06 9 /dev/dax0.0", "rd wr sh mr mw me ms ");
                            dump.entry(PTE_TABLE, 7, 1L << 57 | 0x400267);
                            dump.entry(PMD_TABLE, 128, 1L << 57 | 0x4000e7);
                        },
                        "the 2 MiB block of a device is shared with one of another kind: pfn 0x400"),
                pte(
                        "device beyond memory",
                        1L << 57 | 0x1000000267L,
                        "page outside the modelled memory: got pfn 0x1000000"),
                bad(
                        "leaf in no mapping",
                        dump -> dump.entry(PMD_TABLE, 2, 0x4000e7),
                        "entry 2 of the level 2 table 0x11000: not inside one mapping: address 0x40400000"),
                bad(
                        "leaf over the end of a mapping",
                        dump -> {
                            dump.vmas("40000000-40300000 rw-p 00000000 00:00 0", RW);
                            dump.entry(PMD_TABLE, 1, 0x4000e7);
                        },
                        "entry 1 of the level 2 table 0x11000: not inside one mapping: address 0x40200000"),
                bad(
                        "swap entry in no mapping",
                        dump -> dump.entry(PMD_TABLE, 2, 0x7fffffffffffc08L),
                        "not inside one mapping: address 0x40400000"),
                limited(
                        "too many mapped pages",
                        dump -> dump.entry(PMD_TABLE, 1, 0x4000e7),
                        defaults.withMaxLeafPages(512),
                        "entry 1 of the level 2 table 0x11000: too many mapped pages: allowed 512"),
                limited(
                        "smaller memory",
                        dump -> {},
                        defaults.withMaxPages(0x100),
                        "entry 0 of the level 1 table 0x10000: page outside the modelled memory: got pfn 0x100, allowed 1 to 0xff"));
    }
}
