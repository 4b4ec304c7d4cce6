package org.gup.snapshot;

import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DEVICE;
import static org.gup.page.PageDescriptor.PG_RESERVED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.gup.flags.VmFault;
import org.gup.flags.VmFlags;
import org.gup.mm.VmArea;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

final class DumpedAddressSpaceTest {
    static final List<String> NAMES = OracleDump.NAMES;

    private static DumpedAddressSpace open(final String name) {
        return DumpedAddressSpace.open(DumpFiles.of(name).load(), smallMachine(), null);
    }

    private static PhysicalMemory.Builder smallMachine() {
        return PhysicalMemory.builder().normalPages(1024).tablePages(64);
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void shouldKeepEveryEntryBitForBitAtItsFrame(final String name) {
        final OracleDump oracle = new OracleDump(name);
        try (DumpedAddressSpace space = open(name)) {
            final TablePages tables = space.memory().tables();
            final long[] compared = new long[1];
            oracle.forEachEntry((tablePfn, index, raw) -> {
                assertEquals(raw, TablePages.entryAcquire(tables.address(tablePfn) + 8L * index));
                compared[0]++;
            });
            assertEquals(512L * oracle.nrTables() - 256, compared[0]);
            for (int index = 256; index < 512; index++) {
                assertEquals(0, TablePages.entryAcquire(tables.address(oracle.topPfn) + 8L * index), "kernel half");
            }
        }
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void shouldEnumerateTheModelAsItEnumeratesTheDump(final String name) {
        try (DumpedAddressSpace space = open(name)) {
            final List<DumpedLeaf> dumped = new ArrayList<>();
            final List<DumpedLeaf> modelled = new ArrayList<>();
            space.dump().leaves().forEach(dumped::add);
            space.leaves().forEach(modelled::add);
            assertEquals(dumped, modelled);
            assertFalse(modelled.isEmpty());
        }
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void shouldCountOneReferenceForEachEntryThatMapsAPage(final String name) {
        final OracleDump oracle = new OracleDump(name);
        final Map<Long, Integer> expected = new HashMap<>();
        final Map<Long, Long> leafHeads = new HashMap<>();
        oracle.rows.stream().filter(row -> row.pfn() >= 0).forEach(row -> {
            final boolean device = (row.raw() & 1L << 57) != 0;
            final boolean special = row.level() == 1 && (row.raw() & 1 << 9) != 0;
            for (long k = 0; k < row.nrPages(); k++) {
                final long pfn = row.pfn() + k;
                if (device || special) {
                    expected.put(pfn, 1);
                } else if (row.level() == 1) {
                    expected.merge(pfn, 1, Integer::sum);
                } else {
                    // A leaf may be told in several rows; it is one mapping.
                    final int order = 9 * (row.level() - 1);
                    final long head = pfn & -(1L << order);
                    leafHeads.put((row.address() / 4096 + k) >>> order, head);
                }
            }
        });
        leafHeads.values().forEach(head -> expected.merge(head, 1, Integer::sum));
        try (DumpedAddressSpace space = open(name)) {
            final MemMap memMap = space.memory().memMap();
            expected.forEach((pfn, count) -> assertEquals(
                    count, PageRef.countVolatile(memMap.page(pfn)), () -> "pfn 0x" + Long.toHexString(pfn)));
            leafHeads.values().forEach(head -> {
                assertEquals(1, memMap.compoundMapcount(head));
                assertEquals(0, PageRef.countVolatile(memMap.page(head + 1)));
                assertEquals(memMap.page(head), memMap.head(memMap.page(head + 511)));
            });
            assertTrue(expected.size() > 100, () -> "pages looked at: " + expected.size());
        }
    }

    @Test
    void shouldInferTheDevicesFromTheEntries() {
        try (DumpedAddressSpace space = open("k612l4-huge")) {
            assertEquals(
                    List.of(
                            new DumpedDevice(DevPagemap.Type.FS_DAX, 0x21800, 0x22000),
                            new DumpedDevice(DevPagemap.Type.DEVICE_DAX, 0x30200, 0x30400)),
                    space.dump().devices());
            final DevPagemap pgmap = space.memory().devPagemaps().get(0x21a07, null);
            assertEquals(DevPagemap.Type.FS_DAX, pgmap.type());
            pgmap.put();
            final MemMap memMap = space.memory().memMap();
            assertEquals(1, PageRef.countVolatile(memMap.page(0x303ff)));
            assertEquals(
                    PG_DEVICE | PG_RESERVED,
                    PageDescriptor.flagsVolatile(memMap.page(0x303ff)) & (PG_DEVICE | PG_RESERVED));
            assertNull(space.memory().devPagemaps().get(0x30400, null));
        }
    }

    @Test
    void shouldBuildHugePagesThatPtesMapFromTheFacts() {
        final PageTableDump dump = DumpFiles.of("k612l4-huge").load();
        final PageFacts facts = new OracleDump("k612l4-huge").facts();
        try (DumpedAddressSpace space = DumpedAddressSpace.open(dump, smallMachine(), facts)) {
            final MemMap memMap = space.memory().memMap();
            // thp_ptemapped: 512 PTEs; mthp64: PTEs of pages of order 4.
            assertEquals(9, memMap.compoundOrder(0x6800));
            assertEquals(512, PageRef.countVolatile(memMap.page(0x6800)));
            assertEquals(1, memMap.pteMapcount(0x69ff));
            assertEquals(0, memMap.compoundMapcount(0x6800));
            for (final long head : new long[] {0x7220, 0x7230, 0x7280, 0x7290}) {
                assertEquals(4, memMap.compoundOrder(head));
                assertEquals(16, PageRef.countVolatile(memMap.page(head)));
            }
        }
        try (DumpedAddressSpace space = DumpedAddressSpace.open(dump, smallMachine(), null)) {
            assertEquals(0, space.memory().memMap().compoundOrder(0x6800), "not known from the tables alone");
            assertEquals(1, PageRef.countVolatile(space.memory().memMap().page(0x6800)));
        }
    }

    @Test
    void shouldCountMappingsOfOtherProcessesFromTheFacts() {
        final PageTableDump dump = DumpFiles.of("k612l5-forkparent").load();
        final PageFacts facts = new OracleDump("k612l5-forkparent").facts();
        try (DumpedAddressSpace space = DumpedAddressSpace.open(dump, smallMachine(), facts)) {
            final MemMap memMap = space.memory().memMap();
            // 0x100002000 is still shared with the child, 0x100001000 was copied.
            assertEquals(2, memMap.pteMapcount(0x17c0));
            assertEquals(2, PageRef.countVolatile(memMap.page(0x17c0)));
            assertEquals(1, memMap.pteMapcount(0x7fffc));
            assertEquals(2, memMap.compoundMapcount(0x6200));
            assertEquals(2, PageRef.countVolatile(memMap.page(0x6200)));
            assertNotEquals(0, PageDescriptor.flagsVolatile(memMap.page(0x17c0)) & PG_ANON);
        }
    }

    @Test
    void shouldTakeTheMappingsOver() {
        try (DumpedAddressSpace space = open("k612l4-mixed4k")) {
            final List<VmArea> areas = space.mm().vmAreas();
            assertEquals(41, areas.size());
            final VmArea xonly = areas.stream()
                    .filter(area -> area.start() == 0x100780000L)
                    .findFirst()
                    .orElseThrow();
            assertEquals(1, VmFlags.pkey(xonly.flags()));
            assertTrue(xonly.isAnonymous());
            assertEquals(VmFlags.VM_EXEC, xonly.flags() & VmFlags.VM_ACCESS_FLAGS);
            final VmArea devmem = areas.stream()
                    .filter(area -> area.start() == 0x140000000L)
                    .findFirst()
                    .orElseThrow();
            assertEquals(
                    VmFlags.VM_PFNMAP | VmFlags.VM_IO | VmFlags.VM_SHARED,
                    devmem.flags() & (VmFlags.VM_PFNMAP | VmFlags.VM_IO | VmFlags.VM_SHARED));
            assertFalse(devmem.isAnonymous());
        }
    }

    @Test
    void shouldFaultAnonymousMemoryInAndGiveSigbusForFiles() {
        try (DumpedAddressSpace space = open("k612l4-mixed4k")) {
            final Task task = space.memory().newTask(0);
            space.mm().mmapReadLock(task);
            // anon_rw_untouched: no table below its PMD entry yet.
            assertEquals(0, fault(space, task, 0x100200000L) & VmFault.VM_FAULT_ERROR);
            // ashared_half: the second half was never written.
            assertEquals(VmFault.VM_FAULT_SIGBUS, fault(space, task, 0x11010f000L) & VmFault.VM_FAULT_ERROR);
            final List<DumpedLeaf> leaves = new ArrayList<>();
            space.leaves().forEach(0x100200000L, 0x100201000L, leaves::add);
            space.mm().mmapReadUnlock(task);
            assertEquals(LeafKind.PRESENT, leaves.get(0).kind());
            assertTrue(leaves.get(0).pfn() >= space.dump().endPfn(), "a page of the model's own");
            space.memory().exitTask(task);
        }
    }

    private static int fault(final DumpedAddressSpace space, final Task task, final long address) {
        return space.mm().handleMmFault(task, space.mm().findVma(address), address, VmFault.FAULT_FLAG_WRITE);
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void shouldGiveEverythingBackWhenItIsClosed(final String name) {
        final DumpedAddressSpace space = open(name);
        final PhysicalMemory memory = space.memory();
        final long free = memory.freePages();
        final Task task = memory.newTask(0);
        space.mm().mmapReadLock(task);
        for (final DumpedVma vma : space.dump().vmas()) {
            if (vma.isAnonymous() && (vma.vmFlags() & VmFlags.VM_WRITE) != 0) {
                fault(space, task, vma.end() - 4096);
            }
        }
        space.mm().mmapReadUnlock(task);
        assertTrue(memory.tables().allocated() > 0 || memory.freePages() < free, "nothing was faulted in");
        space.mm().close();
        memory.lruvec().drainAll(task);
        assertEquals(0, memory.tables().allocated());
        assertEquals(free, memory.freePages());
        assertTrue(memory.audit().balanced(), () -> memory.audit().toString());
        memory.exitTask(task);
        memory.close();
        assertTrue(memory.isClosed());
    }

    @Test
    void shouldNameRegionsAndRangesForABenchmark() {
        final PageTableDump dump = DumpFiles.of("k612l4-huge").load();
        assertTrue(dump.regions().contains(new DumpedRegion(0x200000000L, 0x200800000L, "thp_written_4")));
        final DumpedRange thp = dump.presentRanges().stream()
                .filter(range -> range.startVa() == 0x200000000L)
                .findFirst()
                .orElseThrow();
        assertEquals(2048, thp.nrPages());
        assertEquals(2, thp.level());
        assertTrue(thp.writable() && !thp.device() && !thp.special());
        assertEquals(0x200800000L, thp.vma().end());
    }

    @Test
    void shouldReadTheBundledDumpFromTheClassPathAndFromAFolderAlike(@TempDir final Path folder) {
        final PageTableDump bundled = PageTableDump.bundled();
        final DumpFiles files = DumpFiles.of(PageTableDump.BUNDLED);
        final PageTableDump loaded = PageTableDump.load(files.writeTo(folder), PageTableDump.BUNDLED);
        assertEquals(41, bundled.nrTables());
        assertEquals(bundled.presentRanges(), loaded.presentRanges());
        assertEquals(bundled.vmas(), loaded.vmas());
        try (DumpedAddressSpace space = DumpedAddressSpace.open(loaded)) {
            assertEquals(bundled.presentRanges(), space.presentRanges());
            assertEquals(0x1b63, space.memory().zeroPfn());
        }
    }

    @ParameterizedTest
    @CsvSource({"k612l4-mixed4k, 4", "k612l4-huge, 4", "k612l5-forkparent, 5", "k612l5-mixed4k, 5"})
    void shouldFindTheLevelsOutWithoutHelpFromTheName(final String name, final int levels) {
        for (final String alias : new String[] {"any-name", "k612l4-x", "k612l5-x"}) {
            assertEquals(
                    levels, DumpFiles.of(name).renamed(alias).load().geometry().levels());
        }
        assertThrows(
                SnapshotException.class,
                () -> DumpFiles.of(name).load(DumpOptions.DEFAULTS.withLevels(9 - levels)),
                "the wrong number, when asked for");
    }

    @Test
    void shouldReadAnAddressSpaceWithoutPages() {
        final DumpFiles empty = DumpFiles.small();
        empty.tables = new byte[0];
        empty.addTable(DumpFiles.TOP_TABLE << 12);
        final PageTableDump dump = empty.load();
        assertEquals(4, dump.geometry().levels());
        assertEquals(5, empty.renamed("k612l5-empty").load().geometry().levels());
        try (DumpedAddressSpace space = DumpedAddressSpace.open(dump, smallMachine(), null)) {
            assertEquals(List.of(), space.presentRanges());
        }
    }

    @Test
    void shouldSayWhenTheMemoryIsRefused() {
        final DumpFiles files = DumpFiles.small();
        files.entry(DumpFiles.PTE_TABLE, 0, (long) (1 << 28) << 12 | 0x67);
        final PageTableDump dump = files.load(DumpOptions.DEFAULTS.withMaxPages(1L << 29));
        try (DumpedAddressSpace space = DumpedAddressSpace.open(dump, smallMachine(), null)) {
            Assumptions.abort("this system promises any amount of memory: " + space.memory());
        } catch (final SnapshotException refused) {
            assertTrue(refused.getMessage().contains("refused"), refused::getMessage);
        }
    }
}
