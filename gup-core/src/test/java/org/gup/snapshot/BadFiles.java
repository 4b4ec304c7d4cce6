package org.gup.snapshot;

import static org.gup.snapshot.BadInput.bad;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;

/** Files that are not there, or not packed as they should be. */
final class BadFiles {
    private BadFiles() {}

    static Stream<BadInput> all() {
        return Stream.of(
                bad("CR3 missing", dump -> dump.file("small.cr3", null), "/small.cr3: no such file"),
                bad("maps missing", dump -> dump.file("small.maps.txt", null), "/small.maps.txt: no such file"),
                bad(
                        "smaps missing",
                        dump -> dump.file("small.smaps.txt.gz", null),
                        "/small.smaps.txt.gz: no such file"),
                bad(
                        "tables missing",
                        dump -> dump.file("pagetables-small.bin.gz", null),
                        "/pagetables-small.bin.gz: no such file"),
                bad(
                        "tables empty",
                        dump -> dump.file("pagetables-small.bin.gz", new byte[0]),
                        "/pagetables-small.bin.gz: empty file, allowed gzip data"),
                bad(
                        "tables of one byte",
                        dump -> dump.file("pagetables-small.bin.gz", new byte[] {0x1f}),
                        "/pagetables-small.bin.gz: not gzip data: got first bytes 1f, allowed 1f 8b"),
                bad(
                        "tables not packed",
                        dump -> dump.file("pagetables-small.bin.gz", dump.tables),
                        "/pagetables-small.bin.gz: not gzip data: got first bytes 0 0, allowed 1f 8b"),
                bad(
                        "tables zipped",
                        dump -> dump.file("pagetables-small.bin.gz", new byte[] {'P', 'K', 3, 4}),
                        "not gzip data: got first bytes 50 4b, allowed 1f 8b"),
                bad(
                        "gzip header cut",
                        dump -> dump.file("pagetables-small.bin.gz", new byte[] {0x1f, (byte) 0x8b, 8}),
                        "/pagetables-small.bin.gz: corrupt or truncated gzip header"),
                bad(
                        "smaps not packed",
                        dump -> dump.file("small.smaps.txt.gz", dump.smaps.getBytes(StandardCharsets.UTF_8)),
                        "/small.smaps.txt.gz: not gzip data: got first bytes 34 30"),
                bad(
                        "checksum wrong",
                        dump -> {
                            final byte[] packed = DumpFiles.pack(dump.tables);
                            packed[packed.length - 6] ^= 1;
                            dump.file("pagetables-small.bin.gz", packed);
                        },
                        "/pagetables-small.bin.gz@16416: corrupt gzip data"),
                bad(
                        "bomb of zeroes for tables",
                        dump -> dump.file("pagetables-small.bin.gz", DumpFiles.pack(new byte[64 << 20])),
                        "/pagetables-small.bin.gz@4104: table twice: got address 0x0 after 0x0"),
                bad(
                        "bomb of lines for smaps",
                        dump -> {
                            final byte[] lines = new byte[48 << 20];
                            Arrays.fill(lines, (byte) '\n');
                            System.arraycopy(
                                    dump.smaps.getBytes(StandardCharsets.UTF_8), 0, lines, 0, dump.smaps.length());
                            for (int at = dump.smaps.length(); at + 4 < lines.length; at += 4) {
                                lines[at] = 'a';
                                lines[at + 1] = ':';
                                lines[at + 2] = ' ';
                            }
                            dump.file("small.smaps.txt.gz", DumpFiles.pack(lines));
                        },
                        "/small.smaps.txt.gz: too large when unpacked: got more than 33554432 bytes, allowed 33554432"));
    }
}
