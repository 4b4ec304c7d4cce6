package org.gup.bench.agree.truth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.gup.bench.agree.truth.FrameState.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedCallsTest {
    private static final String RESOURCE = "/org/gup/bench/agree/recorded-5.2.1.txt.gz";
    private static final String SHA_256 = "42f1f94e755a37ddf931c9cbc073023144b45626e14723e17f626fed7c5a1eb8";

    private static final String CALLS = """
            id,kernel_version,setup,call,flags,nr,result,pages_pinned,pages_in_cma_before,pages_in_cma_after,notes
            k52mov-00002,5.2.1,stack,follow_page,GET,2,1,1,0,0,addr=0x7fff00000000;vm_flags=0x173;rawflags=0x4;preget=4
            k52mov-00001,5.2.1,hole,get_user_pages,WRITE|LONGTERM,4,-14,0,2,0,addr=0x1000;rawflags=0x10001;slow=0+4
            k52cma-00009,5.2.1,none,get_user_pages,0,,SETUP_FAIL:-1,,,,
            """;

    private static final String PAGES = """
            id,phase,first_page,count,vaddr,pgd,p4d,pud,pmd,pte,vm_flags,pfn,bits,page_flags,ref,mapcount,pincount,order,zone,migratetype
            k52mov-00001,before,0,1,0x1000,,0x67,0x67,0x67,0x800000004e5fc067,0x73,0x4e5fc,0x4481,0xffe00000080034,1,1,-1,0,1,4
            k52mov-00001,before,1,1,0x2000,,0x67,0x67,0x67,0x800000004e5fd067,0x73,0x4e5fd,0x4481,0xffe00000080034,1,1,-1,0,1,4
            k52mov-00001,before,2,2,0x3000,,0x67,0x67,0x67,0x7ffffffffff7c00,0x73,,,,,,,,,
            k52mov-00001,after,0,1,0x1000,,0x67,0x67,0x67,0x800000004e5fc067,0x73,0x4e5fc,0xc481,0xffe00000080036,2,1,-1,0,1,4
            k52mov-00001,after,1,1,0x2000,,0x67,0x67,0x67,0x8000000001234007,0x73,0x1234,0xe401,0xffe0000008003e,2,1,-1,0,1,0
            k52mov-00001,after,2,2,0x3000,,0x67,0x67,0x67,0x7ffffffffff7c00,0x73,,,,,,,,,
            k52mov-00001,pinned,0,1,,,,,,,,0x4e5fc,0xc481,0xffe00000080036,2,1,-1,0,1,4
            """;

    @Test
    void shouldBundleEveryRecordedCall() {
        final List<RecordedCall> all = RecordedCalls.bundled();
        final Map<String, Integer> boots = new TreeMap<>();
        all.forEach(call -> boots.merge(call.boot(), 1, Integer::sum));
        assertEquals(
                Map.of(
                        "k52plain", 11830,
                        "k52plainb", 1298,
                        "k52cma", 11830,
                        "k52cmab", 1298,
                        "k52mov", 13128,
                        "k52nocma", 1065,
                        "k52nopku", 166,
                        "k52vs", 82),
                boots);
        assertEquals(166, all.stream().map(RecordedCall::setup).distinct().count());
    }

    @Test
    void shouldBundleTheTextThatWasConverted() throws Exception {
        final MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = RecordedCallsTest.class.getResourceAsStream(RESOURCE)) {
            assertNotNull(in);
            new DigestInputStream(new GZIPInputStream(in), digest).readAllBytes();
        }
        assertEquals(SHA_256, HexFormat.of().formatHex(digest.digest()));
    }

    @Test
    void shouldConvertTheOriginalFiles(@TempDir final Path directory) throws IOException {
        Files.writeString(directory.resolve("truth.csv"), CALLS);
        Files.writeString(directory.resolve("truth-pages-k52mov.csv"), PAGES);
        final ByteArrayOutputStream out = new ByteArrayOutputStream();

        assertEquals(3, RecordedCsv.convert(directory, out));

        final List<RecordedCall> calls = RecordedCalls.read(new ByteArrayInputStream(out.toByteArray()));
        assertEquals(
                List.of("k52cma-00009", "k52mov-00001", "k52mov-00002"),
                calls.stream().map(RecordedCall::id).toList());
        assertTrue(!calls.get(0).wasMade());
        final RecordedCall call = calls.get(1);
        assertEquals("k52mov", call.boot());
        assertEquals("hole", call.setup());
        assertEquals("WRITE|LONGTERM", call.flags());
        assertEquals(0x10001, call.rawFlags());
        assertEquals(0x1000, call.address());
        assertEquals("-14", call.result());
        assertEquals("0", call.pinned());
        assertEquals("2", call.cmaBefore());
        assertEquals("0", call.cmaAfter());
        assertEquals("0+4", call.note("slow"));
        assertEquals(0x1000, call.listed());
        assertEquals(4, call.listedPages());
        assertEquals(2, call.before().get(0).pages(), "neighbours that are alike are one run");
        assertEquals(
                new FrameState(
                        FrameState.ANON | FrameState.LRU | FrameState.ACTIVE | FrameState.SWAPBACKED,
                        Place.CMA,
                        1,
                        1,
                        0,
                        false,
                        true),
                call.before().get(0).state().frame());
        assertEquals(0x8000000000000067L, call.before().get(0).state().entry());
        assertNull(call.before().get(1).state().frame());
        assertEquals(0x0000000000000000L, call.before().get(1).state().entry() & ~0xf8000000000001ffL);
        final FrameState moved = call.after().get(1).state().frame();
        assertNotNull(moved);
        assertTrue(moved.moved());
        assertEquals(Place.NORMAL, moved.place());
        assertEquals(0x7fff00000000L, calls.get(2).address());
        assertNull(calls.get(2).note("preget"), "how the scene was set is not kept");
    }

    @Test
    void shouldRefuseWhatIsNoRecording() {
        final byte[] text = "nonsense".getBytes(StandardCharsets.US_ASCII);
        assertThrows(IOException.class, () -> RecordedCalls.read(new ByteArrayInputStream(text)));
    }

    @Test
    void shouldSayWhichFileIsMissing(@TempDir final Path directory) {
        final IOException failed =
                assertThrows(IOException.class, () -> RecordedCsv.convert(directory, new ByteArrayOutputStream()));
        assertTrue(String.valueOf(failed.getMessage()).contains("truth.csv"));
    }
}
