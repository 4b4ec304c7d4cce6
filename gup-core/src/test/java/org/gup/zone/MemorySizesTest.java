package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pfns are what, and what a machine may have. */
class MemorySizesTest {
    private static final Path STATM = Path.of("/proc/self/statm");

    static Stream<Arguments> absurdSizes() {
        final long most = MemMap.MAX_PAGES;
        return Stream.of(
                refused("cpus=0", b -> b.cpus(0), "cpus", "0"),
                refused("cpus<0", b -> b.cpus(-3), "cpus", "-3"),
                refused("cpus", b -> b.cpus(1025), "cpus", "1025"),
                refused("maxTasks=0", b -> b.maxTasks(0), "maxTasks", "0"),
                refused("maxTasks", b -> b.maxTasks(Integer.MAX_VALUE), "maxTasks", "2147483647"),
                refused("tablePages=0", b -> b.tablePages(0), "tablePages", "0"),
                refused("tablePages<0", b -> b.tablePages(-1), "tablePages", "-1"),
                refused("tablePages", b -> b.tablePages(Long.MAX_VALUE), "tablePages", "9223372036854775807"),
                refused("normalPages=0", b -> b.normalPages(0), "normalPages", "0"),
                refused("normalPages<0", b -> b.normalPages(Long.MIN_VALUE), "normalPages", "-9223372036854775808"),
                refused("normalPages", b -> b.normalPages(most + 1), "normalPages", "536870913"),
                refused("movablePages<0", b -> b.movablePages(-1), "movablePages", "-1"),
                refused("movablePages", b -> b.movablePages(Long.MAX_VALUE), "movablePages", "9223372036854775807"),
                refused(
                        "all together",
                        b -> b.normalPages(most / 2).movablePages(most / 2),
                        "pages altogether",
                        "536876032"),
                refused("cma=0", b -> b.cma("a", 0), "cma pages of a", "0"),
                refused("cma<0", b -> b.cma("a", -1024), "cma pages of a", "-1024"),
                refused("cma odd", b -> b.cma("a", 1025), "cma pages of a", "1025"),
                refused("cma", b -> b.cma("a", Long.MAX_VALUE), "cma pages of a", "9223372036854775807"),
                refused(
                        "cma larger than the zone",
                        b -> b.normalPages(4096).cma("a", 4096).cma("b", 1024),
                        "cma pages",
                        "5120"),
                refused("cma name twice", b -> b.cma("a", 1024).cma("a", 1024), "name", "\"a\""),
                refused("cma name blank", b -> b.cma(" ", 1024), "name", "\" \""),
                refused("device=0", b -> b.device(DevPagemap.Type.FS_DAX, 0), "device pages", "0"),
                refused("device<0", b -> b.device(DevPagemap.Type.FS_DAX, -1), "device pages", "-1"),
                refused(
                        "device",
                        b -> b.device(DevPagemap.Type.FS_DAX, Long.MAX_VALUE),
                        "device pages",
                        "9223372036854775807"),
                refused(
                        "devices together",
                        b -> b.device(DevPagemap.Type.FS_DAX, most).device(DevPagemap.Type.FS_DAX, most),
                        "pages altogether",
                        "536892416"),
                refused("imported=0", b -> b.imported(0, 0), "imported nrPages", "0"),
                refused("imported", b -> b.imported(most + 1, 0), "imported nrPages", "536870913"),
                refused("imported table<0", b -> b.imported(100, -1), "imported firstTablePfn", "-1"),
                refused("imported table", b -> b.imported(100, 101), "imported firstTablePfn", "101"),
                refused("imported zero", b -> b.imported(100, 10).importedZeroPfn(100), "importedZeroPfn", "100"),
                refused("zero without import", b -> b.importedZeroPfn(5), "importedZeroPfn", "5"),
                refused("zero<-1", b -> b.imported(100, 10).importedZeroPfn(-2), "importedZeroPfn", "-2"));
    }

    private static Arguments refused(
            final String label,
            final UnaryOperator<PhysicalMemory.Builder> ask,
            final String name,
            final String value) {
        return Arguments.of(label, ask, name, value);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("absurdSizes")
    void shouldRefuseAnAbsurdSizeByNameAndValue(
            final String label,
            final UnaryOperator<PhysicalMemory.Builder> ask,
            final String name,
            final String value) {
        final PhysicalMemory.Builder builder = ask.apply(PhysicalMemory.builder());
        final IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, builder::build, label);
        assertTrue(
                refused.getMessage().contains(name) && refused.getMessage().contains(value),
                label + ": " + refused.getMessage());
    }

    @Test
    void shouldPlaceTablesThenZonesThenDevices() {
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .tablePages(100)
                .normalPages(4000)
                .cma("first", 1024)
                .cma("second", 2048)
                .movablePages(1)
                .device(DevPagemap.Type.FS_DAX, 100)
                .device(DevPagemap.Type.DEVICE_DAX, 1000)
                .build()) {
            final Zone normal = memory.zones().get(0);
            final Zone movable = memory.zones().get(1);
            final DevPagemap pmem = memory.devices().get(0);
            final DevPagemap chardev = memory.devices().get(1);
            assertAll(
                    () -> assertTrue(
                            memory.tables().contains(1) && memory.tables().contains(100)),
                    () -> assertFalse(
                            memory.tables().contains(0) || memory.tables().contains(101)),
                    () -> assertEquals(101, memory.zeroPfn()),
                    () -> assertEquals("Normal [1024, 5120)", normal.toString()),
                    () -> assertEquals("Movable [5120, 6144)", movable.toString()),
                    () -> assertEquals(
                            List.of(new CmaRange("first", 2048, 1024), new CmaRange("second", 3072, 2048)),
                            memory.cmaRanges()),
                    () -> assertEquals(6144, pmem.startPfn()),
                    () -> assertEquals(6244, pmem.endPfn()),
                    () -> assertEquals(7168, chardev.startPfn()),
                    () -> assertEquals(8168, chardev.endPfn()),
                    () -> assertEquals(8168, memory.memMap().nrPages()),
                    () -> assertFalse(memory.isCma(2047)),
                    () -> assertTrue(memory.isCma(2048) && memory.isCma(5119)),
                    () -> assertFalse(memory.isCma(5120)),
                    () -> assertEquals(5120, memory.freePages()),
                    () -> assertEquals(Zone.DEVICE, memory.memMap().pageblocks().zone(6200)),
                    () -> assertEquals(
                            Zone.MOVABLE, memory.memMap().pageblocks().zone(5120)),
                    () -> assertEquals(Zone.NORMAL, memory.memMap().pageblocks().zone(5119)),
                    () -> assertEquals(-1, memory.memMap().pageblocks().zone(50)));
            for (long pfn = pmem.startPfn(); pfn < pmem.endPfn(); pfn++) {
                assertEquals(1, PageRef.countVolatile(memory.memMap().page(pfn)), "idle count of a device's page");
            }
            assertTrue(memory.audit().balanced(), memory.audit()::toString);
        }
    }

    @Test
    void shouldPlaceOwnTablesBehindImportedPages() {
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .imported(5000, 4200)
                .importedZeroPfn(17)
                .tablePages(50)
                .normalPages(1024)
                .build()) {
            assertTrue(memory.tables().contains(4200));
            assertTrue(memory.tables().contains(5049));
            assertFalse(memory.tables().contains(4199) || memory.tables().contains(5050));
            final long table = memory.tables().allocate();
            assertEquals(5000, table);
            assertEquals(17, memory.zeroPfn());
            assertEquals(5120, memory.zones().get(0).startPfn());
            assertEquals(0, PageRef.countVolatile(memory.memMap().page(16)), "count of an imported page");
        }
    }

    @Test
    void shouldMakeTheZeroPageReservedAndReferenced() {
        try (PhysicalMemory memory = PhysicalMemory.builder().build()) {
            final long page = memory.memMap().page(memory.zeroPfn());
            assertEquals(1, PageRef.countVolatile(page));
            assertEquals(PageDescriptor.PG_RESERVED, PageDescriptor.flagsVolatile(page));
            assertEquals(0, memory.frames().getLong(memory.zeroPfn(), 8));
        }
    }

    /** Only Linux tells; a machine that grants two tebibytes in one piece has nothing to refuse. */
    @Test
    void shouldFreeEverythingWhenTheOperatingSystemRefuses() throws IOException {
        assumeTrue(Files.isReadable(STATM), "no /proc/self/statm");
        final long before = statm(0);
        final IllegalStateException refused;
        try (PhysicalMemory granted = PhysicalMemory.builder()
                .imported(MemMap.MAX_PAGES - (1 << 20), 0)
                .build()) {
            abort("granted: " + granted);
            return;
        } catch (final IllegalStateException thrown) {
            refused = thrown;
        }
        assertTrue(refused.getMessage().contains("refused"), refused.getMessage());
        final long grownBytes = (statm(0) - before) * 4096;
        assertTrue(grownBytes < 1L << 30, "virtual memory grew by " + grownBytes + " bytes over a refused model");
    }

    /** The smaller one first: were all of it touched, it would fail there without using up the machine. */
    @ParameterizedTest
    @ValueSource(longs = {1L << 24, 1L << 28})
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void shouldBuildUpToATebibyteAndTouchLittleOfIt(final long pages) throws IOException {
        final long before = Files.isReadable(STATM) ? statm(1) : 0;
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .normalPages(pages / 2)
                .cma("large", pages / 256)
                .movablePages(pages / 2)
                .build()) {
            final Task task = memory.newTask(0);
            assertEquals(pages, memory.freePages());
            for (int i = 0; i < 64; i++) {
                final long pfn = memory.allocPages(task, i % 2 == 0 ? Gfp.GFP_MOVABLE : 0, i % 11);
                assertTrue(pfn > 0);
                memory.frames().putLong(pfn, 0, i);
            }
            assertTrue(memory.audit().balanced(), memory.audit()::toString);
            if (before != 0) {
                final long grownBytes = (statm(1) - before) * 4096;
                assertTrue(grownBytes < 512L << 20, "resident memory grew by " + grownBytes + " bytes");
            }
        }
    }

    private static long statm(final int field) throws IOException {
        return Long.parseLong(Files.readString(STATM).split(" ", -1)[field]);
    }
}
