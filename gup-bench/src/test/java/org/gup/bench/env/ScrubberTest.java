package org.gup.bench.env;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScrubberTest {
    private final Scrubber scrubber = new Scrubber(
            Optional.of("build-box7"),
            Optional.of("someone"),
            List.of("/export/users/someone/my work", "/export/users/someone"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/usr/lib/jvm/java-17/bin/java|<path>/java",
                "-cp /export/users/someone/.m2/a.jar:/opt/x/b.jar|-cp <path>/a.jar:<path>/b.jar",
                "'\"/export/users/someone/my work/gup/dump\"'|'\"<path>/dump\"'",
                "tables:/data/dumps/web|tables:<path>/web",
                "--results=/export/users/someone/out|--results=<path>/out",
                "C:\\Users\\someone\\jdk\\java.exe -v|<path>/java.exe -v",
                "by someone on build-box7.|by <user> on <host>."
            })
    void shouldTakeOutWhatTellsWhoseMachineItWas(final String text, final String expected) {
        assertEquals(expected, scrubber.scrub(text));
    }

    @ParameterizedTest
    @CsvSource({
        "3.5 ns/page",
        "get-fast/4K/512",
        "load average 3.1 from /proc/loadavg, /proc/sys/kernel/x",
        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
        "https://example.org/a/b",
        "results/local/x",
        "someones and build-box77"
    })
    void shouldKeepTheRest(final String text) {
        assertEquals(text, scrubber.scrub(text));
    }

    @Test
    void shouldNotSpoilWordsForTheSakeOfACommonUserName() {
        final Scrubber common = new Scrubber(Optional.of("localhost"), Optional.of("root"), List.of("/"));
        assertEquals("the root of localhost a/b", common.scrub("the root of localhost a/b"));
    }

    @Test
    void shouldKnowThisMachine() {
        final String home = System.getProperty("user.home");
        final String scrubbed = Scrubber.ofThisMachine().scrub("x " + home + "/folder/file y");
        assertEquals("x <path>/file y", scrubbed);
    }
}
