package org.gup.snapshot;

import static org.gup.snapshot.BadInput.bad;
import static org.gup.snapshot.BadInput.limited;
import static org.gup.snapshot.BadInput.maps;
import static org.gup.snapshot.BadInput.smaps;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** Texts that the kernel cannot have printed. */
final class BadTexts {
    private static final String RW = "rd wr mr mw me ac ";

    private BadTexts() {}

    static Stream<BadInput> all() {
        final DumpOptions defaults = DumpOptions.DEFAULTS;
        return Stream.of(
                bad("empty CR3", dump -> dump.cr3 = "", "small.cr3: empty file, allowed one hexadecimal number"),
                bad(
                        "CR3 without 0x",
                        dump -> dump.cr3 = "13000\n",
                        "small.cr3:1: bad CR3: got \"13000\", allowed 0x and hexadecimal digits"),
                bad(
                        "CR3 not hexadecimal",
                        dump -> dump.cr3 = "0x13q00\n",
                        "small.cr3:1: bad CR3: got \"13q00\", allowed 1 to 16"),
                bad("CR3 too long", dump -> dump.cr3 = "0x00000000000013000\n", "small.cr3:1: bad CR3"),
                bad(
                        "CR3 with PCID",
                        dump -> dump.cr3 = "0x13001\n",
                        "small.cr3:1: CR3 not a multiple of 4096: got 0x13001"),
                bad(
                        "CR3 of two lines",
                        dump -> dump.cr3 = "0x13000\n0x14000\n",
                        "small.cr3:2: more than one line: got \"0x14000\""),
                bad(
                        "CR3 with a terminal's control codes",
                        dump -> dump.cr3 = "0x\u001b[31mred\u0007\n",
                        "got \"\\\\u001b\\[31mred\\\\u0007\""),
                bad("CR3 with NUL", dump -> dump.cr3 = "0x1\0", "small.cr3:1: NUL byte, allowed text"),
                bad(
                        "CR3 too large a file",
                        dump -> dump.cr3 = "0".repeat(5000),
                        "small.cr3: too large: got .*, allowed 4096"),
                bad(
                        "no mappings",
                        dump -> {
                            dump.maps = "";
                            dump.smaps = "";
                        },
                        "small.maps.txt: no mappings: got an empty file"),
                maps(
                        "no fields",
                        "nonsense",
                        "bad mapping: got \"nonsense\", allowed start-end perms offset device inode path"),
                maps("empty line", "", "bad mapping: got \"\""),
                maps("cut line", "50000000-50001000 rw-p 0000", "bad mapping: got \"50000000-50001000 rw-p 0000\""),
                maps(
                        "not hexadecimal",
                        "5000000g-50001000 rw-p 00000000 00:00 0",
                        "bad start address: got \"5000000g\", allowed 1 to 16 hexadecimal digits"),
                maps("sign", "-50000000-50001000 rw-p 00000000 00:00 0", "bad start address: got \"\""),
                maps(
                        "digits of another script",
                        "\u0665000-\u0666000 rw-p 00000000 00:00 0",
                        "bad start address: got \"\\\\u0665000\""),
                maps("17 digits", "00000000050000000-50001000 rw-p 00000000 00:00 0", "bad start address"),
                maps("no end", "50000000 rw-p 00000000 00:00 0", "bad mapping: got \"50000000 rw-p 00000000 00:00 0\""),
                maps(
                        "end below start",
                        "50001000-50000000 rw-p 00000000 00:00 0",
                        "end not above start: got 50001000-50000000"),
                maps("empty range", "50000000-50000000 rw-p 00000000 00:00 0", "end not above start"),
                maps("unaligned", "50000000-50000800 rw-p 00000000 00:00 0", "not page-aligned: got 50000000-50000800"),
                maps(
                        "bad permissions",
                        "50000000-50001000 rwxq 00000000 00:00 0",
                        "bad permissions: got \"rwxq\", allowed \\[r-\\]\\[w-\\]\\[x-\\]\\[ps\\]"),
                maps("short permissions", "50000000-50001000 rw- 00000000 00:00 0", "bad permissions: got \"rw-\""),
                maps("bad offset", "50000000-50001000 rw-p 0x000000 00:00 0", "bad file offset: got \"0x000000\""),
                maps(
                        "bad device",
                        "50000000-50001000 rw-p 00000000 0000 0",
                        "bad device: got \"0000\", allowed major:minor"),
                maps(
                        "bad inode",
                        "50000000-50001000 rw-p 00000000 00:00 1.5",
                        "bad inode: got \"1.5\", allowed a decimal number"),
                maps(
                        "overlap",
                        "403ff000-50001000 rw-p 00000000 00:00 0",
                        "overlaps the mapping before: got 403ff000-50001000 after 40000000-40400000"),
                maps(
                        "not ascending",
                        "30000000-30001000 rw-p 00000000 00:00 0",
                        "not ascending: got 30000000-30001000 after"),
                maps(
                        "beyond user space",
                        "fffffffffff000-100000000001000 rw-p 00000000 00:00 0",
                        "outside user space: got fffffffffff000-100000000001000, allowed up to fffffffffff000, or \\[vsyscall\\]"),
                maps(
                        "in the kernel, not vsyscall",
                        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [evil]",
                        "outside user space"),
                bad(
                        "beyond the user space of 4 levels",
                        dump -> dump.vma("800000000000-800000001000 rw-p 00000000 00:00 0", RW),
                        "mappings reach beyond the user space of 4 levels: got end 0x800000001000, allowed 0x7ffffffff000"),
                bad("NUL in maps", dump -> dump.maps += "\0\n", "small.maps.txt:2: NUL byte, allowed text"),
                bad(
                        "UTF-16",
                        dump -> dump.file("small.maps.txt", dump.maps.getBytes(StandardCharsets.UTF_16)),
                        "small.maps.txt:1: NUL byte, allowed text"),
                bad(
                        "line without end",
                        dump -> dump.maps += "4".repeat(70_000),
                        "small.maps.txt:2: line too long: allowed 65536 bytes"),
                limited(
                        "too many mappings",
                        dump -> dump.vma("50000000-50001000 rw-p 00000000 00:00 0", RW),
                        defaults.withMaxVmas(1),
                        "small.maps.txt:2: too many mappings: allowed 1"),
                limited(
                        "maps too large",
                        dump -> {},
                        defaults.withMaxTextBytes(40),
                        "small.maps.txt: too large: got .*, allowed 40"),
                smaps(
                        "no VmFlags",
                        "VmFlags: ",
                        "Vmflags: ",
                        "no VmFlags: line for the mapping 40000000-40400000 rw-p"),
                smaps("VmFlags twice", "VmFlags: rd", "VmFlags: rd\nVmFlags: rd", "VmFlags: twice for one mapping"),
                smaps("bad code", "rd wr", "rd w", "bad VmFlags: code: got \"w\", allowed two letters"),
                smaps(
                        "codes of other permissions",
                        "rd wr",
                        "rd ex",
                        "VmFlags: does not agree with the permissions: got \"rd ex mr mw me ac\" for 40000000-40400000 rw-p"),
                smaps(
                        "key out of range",
                        "ProtectionKey:         0",
                        "ProtectionKey:        16",
                        "bad ProtectionKey: got \"16\", allowed 0 to 15"),
                smaps(
                        "key not a number",
                        "ProtectionKey:         0",
                        "ProtectionKey:        -1",
                        "bad ProtectionKey: got \"-1\""),
                smaps(
                        "another mapping",
                        "40000000-40400000 rw-p",
                        "40000000-40500000 rw-p",
                        "not the mapping that maps has: got 40000000-40500000 rw-p, allowed 40000000-40400000 rw-p"),
                bad(
                        "detail first",
                        dump -> dump.smaps = "Size: 4 kB\n" + dump.smaps,
                        "small.smaps.txt.gz:1: detail before the first mapping: got \"Size: 4 kB\""),
                bad(
                        "more mappings than maps",
                        dump -> dump.smaps += dump.smaps,
                        "small.smaps.txt.gz:5: more mappings than maps: allowed 1"),
                bad(
                        "fewer mappings than maps",
                        dump -> dump.maps += "50000000-50001000 rw-p 00000000 00:00 0\n",
                        "small.smaps.txt.gz:4: fewer mappings than maps: got 1, allowed 2"),
                bad(
                        "empty smaps",
                        dump -> dump.smaps = "",
                        "small.smaps.txt.gz:0: fewer mappings than maps: got 0, allowed 1"),
                bad(
                        "layout without header",
                        dump -> dump.layout = "0x40000000,0x40001000,a\n",
                        "small.layout.csv: bad header: got \"0x40000000,0x40001000,a\", allowed start,end,what"),
                bad("empty layout", dump -> dump.layout = "", "small.layout.csv: bad header: got \"\""),
                bad(
                        "layout of two fields",
                        dump -> dump.layout = "start,end,what\n0x40000000,0x40001000\n",
                        "small.layout.csv:2: bad region: got 2 fields, allowed start,end,what"),
                bad(
                        "layout of a million fields",
                        dump -> dump.layout = "start,end,what\n" + ",".repeat(60_000),
                        "small.layout.csv:2: bad region: got 60001 fields"),
                bad(
                        "layout not hexadecimal",
                        dump -> dump.layout = "start,end,what\n40000000,0x40001000,a\n",
                        "small.layout.csv:2: bad start address: got \"40000000\", allowed 0x and hexadecimal digits"),
                bad(
                        "layout unaligned",
                        dump -> dump.layout = "start,end,what\n0x40000001,0x40001000,a\n",
                        "small.layout.csv:2: bad region: got \"0x40000001,0x40001000,a\", allowed page-aligned"),
                limited(
                        "layout of too many regions",
                        dump -> dump.layout = "start,end,what\n" + "0x1000,0x2000,a\n".repeat(3),
                        defaults.withMaxVmas(2),
                        "small.layout.csv:4: too many regions: allowed 2"));
    }
}
