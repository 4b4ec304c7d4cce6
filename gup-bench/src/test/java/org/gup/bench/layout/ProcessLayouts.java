package org.gup.bench.layout;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A recorded process of a few mappings whose pages can be counted by hand. */
public final class ProcessLayouts {
    /** Pages of all mappings together. */
    public static final long PAGES = 4096 + 8 + 4 + 2 + 64;

    private static final String HEADER =
            "vaddr,npages,pfn,present,swap,file_or_shared,exclusive,softdirty,kpageflags,kpagecount,perms,path\n";

    private ProcessLayouts() {}

    /**
     * Writes it.
     *
     * @param folder where to
     * @return the layout: 1000 pages of anonymous memory and 2 in swap of 4096, a file of 8 of which 4 are mapped, a DAX file
     *     of 4, 2 of a device, 64 without access
     */
    public static Layout write(final Path folder) {
        final StringBuilder maps = new StringBuilder();
        final StringBuilder smaps = new StringBuilder();
        mapping(maps, smaps, "40000000-41000000 rw-p 00000000 00:00 0", 4000, "rd wr mr mw me ac");
        mapping(maps, smaps, "50000000-50008000 r-xp 00000000 08:01 7     /opt/demo/lib/libx.so", 16, "rd ex mr mw me");
        mapping(maps, smaps, "60000000-60004000 rw-s 00000000 fd:02 8     /pmem/data", 0, "rd wr sh mr mw me ms");
        mapping(maps, smaps, "70000000-70002000 rw-s 00000000 00:05 9     /dev/fb0", 0, "rd wr sh mr mw me ms pf io");
        mapping(maps, smaps, "71000000-71040000 ---p 00000000 00:00 0", 0, "mr mw me nr");
        final String pagemap = HEADER
                + "0x40000000,1000,0x10000,1,0,0,1,0,0x5828,1,rw-p,\n"
                + "0x40400000,2,,0,1,0,0,0,,,rw-p,\n"
                + "0x50000000,4,0x30000,1,0,1,0,0,0x86c,9,r-xp,\n";
        try {
            Files.writeString(folder.resolve("web.maps"), maps);
            Files.writeString(folder.resolve("web.smaps"), smaps);
            Files.writeString(folder.resolve("web.pagemap.csv"), pagemap);
            Files.writeString(folder.resolve("web.devices.csv"), "device,kind\nfd:02,fs-dax\n");
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return new Layout("file:" + folder + "/web");
    }

    private static void mapping(
            final StringBuilder maps,
            final StringBuilder smaps,
            final String line,
            final long rssKb,
            final String flags) {
        maps.append(line).append('\n');
        smaps.append(line)
                .append("\nRss: ")
                .append(rssKb)
                .append(" kB\nVmFlags: ")
                .append(flags)
                .append(" \n");
    }
}
