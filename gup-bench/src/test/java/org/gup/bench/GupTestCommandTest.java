package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.gup.bench.error.ExitStatus;
import org.gup.flags.FollFlags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class GupTestCommandTest {
    /** What parsers of the tool's output look for, all forms of it. */
    private static final Pattern LINE = Pattern.compile("^(?:# )?(?:(\\w+): )?[Tt]ime: get:(\\d+) put:(\\d+) us");

    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(final String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        final List<String> command = new ArrayList<>(List.of("gup_test", "--cold"));
        command.addAll(List.of(arguments));
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), command.toArray(String[]::new));
    }

    private JsonObject pass(final String... arguments) throws IOException {
        final Path json = temp.resolve("out.json");
        final List<String> command = new ArrayList<>(List.of(arguments));
        command.addAll(List.of("--json", json.toString()));
        execute(command.toArray(String[]::new));
        return JsonParser.parseString(Files.readString(json))
                .getAsJsonObject()
                .getAsJsonArray("passes")
                .get(0)
                .getAsJsonObject();
    }

    @ParameterizedTest
    @CsvSource({
        "-u -m 1, GUP_FAST_BENCHMARK",
        "-m 1, GUP_FAST_BENCHMARK",
        "-U -m1 -n 16, GUP_BENCHMARK",
        "-L -m 1 -n -1, GUP_LONGTERM_BENCHMARK",
        "-L -U -u -m 1, GUP_FAST_BENCHMARK",
        "-uLU -m 1, GUP_BENCHMARK",
        "-a -u -m 1, GUP_FAST_BENCHMARK",
        "-t -T -t -m 4 -n 512, GUP_FAST_BENCHMARK",
        "-S -m 1 -w -W, GUP_FAST_BENCHMARK",
        "-H -m 3 -n 123, GUP_FAST_BENCHMARK",
        "-f some-file -m 1 -n 7, GUP_FAST_BENCHMARK",
        "-z -m 1 -U, GUP_BENCHMARK",
        "-F 0x10 -m 1, GUP_FAST_BENCHMARK"
    })
    void shouldPrintTheToolsLine(final String options, final String command) {
        assertEquals(ExitStatus.DONE, execute(options.split(" ")), err::toString);
        final var line = LINE.matcher(out.toString());
        assertTrue(line.find(), out::toString);
        assertEquals(command, line.group(1));
        assertTrue(out.toString().endsWith(" us\n"), out::toString);
        assertEquals("", err.toString());
    }

    @Test
    void shouldGoTheWayThatTheKernelGoes() throws IOException {
        final JsonObject fast = pass("-u", "-m", "2", "-n", "512");
        assertEquals(512, fast.get("fastPages").getAsLong());
        assertEquals(0, fast.get("slowPages").getAsLong());
        assertEquals(512, pass("-U", "-m", "2").get("slowPages").getAsLong());
        // Nothing is mapped yet: the walk stops at once, the slow path faults.
        assertEquals(
                512, pass("-u", "-z", "-m", "2", "-n", "512").get("slowPages").getAsLong());
        assertEquals(768, pass("-H", "-m", "3", "-n", "123").get("pages").getAsLong() - 256, "rounded up to 4 MiB");
    }

    @Test
    void shouldRepeatInThreads() {
        assertEquals(ExitStatus.DONE, execute("-m", "1", "-r", "3", "-j", "2", "-n", "8"));
        assertEquals(
                6,
                out.toString().lines().filter(line -> LINE.matcher(line).find()).count());
    }

    @Test
    void shouldTalkTap() {
        assertEquals(ExitStatus.DONE, execute("-m", "1", "-j", "2", "--tap"));
        final List<String> lines = out.toString().lines().toList();
        assertEquals("TAP version 13", lines.get(0));
        assertEquals("1..2", lines.get(1));
        assertTrue(LINE.matcher(lines.get(2)).find(), lines.get(2));
        assertEquals("ok 1 ioctl status 0", lines.get(4));
        assertEquals("# Totals: pass:2 fail:0 xfail:0 xpass:0 skip:0 error:0", lines.get(6));
    }

    @Test
    void shouldPrintTheProposedLine() {
        assertEquals(ExitStatus.DONE, execute("-m", "1", "-S", "-T", "-W", "-n", "123", "--bench-line"));
        assertTrue(
                out.toString()
                        .startsWith(
                                "GUP_FAST_BENCHMARK (nr_pages=123  read  shared  hugetlb=off thp=off    ) time: get:"),
                out::toString);
    }

    /** FOLL_DUMP does not fault in what nobody has touched: the call is refused. The kernel's tool would end with 0. */
    @ParameterizedTest
    @CsvSource({
        "-U, GUP_BENCHMARK",
        "-L, GUP_LONGTERM_BENCHMARK",
        "-u, GUP_FAST_BENCHMARK",
        "-U -n -1, GUP_BENCHMARK",
        "-u -n 64, GUP_FAST_BENCHMARK"
    })
    void shouldEndWithOneWhenACallIsRefused(final String options, final String command) throws IOException {
        final Path json = temp.resolve("refused.json");
        final List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
        arguments.addAll(List.of("-m", "1", "-z", "-F", "0x8", "--json", json.toString()));
        assertEquals(ExitStatus.FAILURE, execute(arguments.toArray(String[]::new)), err::toString);
        assertTrue(
                out.toString().matches(command + ": Time: get:\\d+ put:\\d+ us, truncated \\(size: 0\\)\n"),
                out::toString);
        assertEquals("gup-bench: " + command + " returned -EFAULT after 0 pages\n", err.toString());
        final JsonObject pass = JsonParser.parseString(Files.readString(json))
                .getAsJsonObject()
                .getAsJsonArray("passes")
                .get(0)
                .getAsJsonObject();
        assertEquals("-EFAULT", pass.get("errno").getAsString());
        assertEquals(0, pass.get("pages").getAsLong());
    }

    @Test
    void shouldSayInTapThatACallWasRefused() {
        assertEquals(ExitStatus.FAILURE, execute("-U", "-z", "-F", "0x8", "-m", "1", "-j", "2", "--tap"));
        final List<String> lines = out.toString().lines().toList();
        assertTrue(
                lines.get(2).matches("# GUP_BENCHMARK: Time: get:\\d+ put:\\d+ us, truncated \\(size: 0\\)"),
                lines.get(2));
        assertEquals("not ok 1 ioctl status 1", lines.get(4));
        assertEquals("not ok 2 ioctl status 1", lines.get(5));
        assertEquals("# Totals: pass:0 fail:2 xfail:0 xpass:0 skip:0 error:0", lines.get(6));
        assertEquals(1, err.toString().lines().count(), err::toString);
    }

    /** Whatever the flag, a call answers: with pages or with an errno, never with an exception. */
    @ParameterizedTest
    @CsvSource({"-u", "-U", "-L"})
    void shouldTakeEveryFlagThatTheKernelHas(final String command) {
        for (int flag = 1; flag <= 0x10000; flag <<= 1) {
            if (flag == FollFlags.FOLL_MLOCK && command.equals("-L")) {
                continue;
            }
            for (final String prefault : List.of("", " -z")) {
                final String options = command + " -m 1 -n 64 -F " + flag + prefault;
                final int status = execute(options.split(" "));
                final boolean dumpsWhatNobodyTouched = flag == FollFlags.FOLL_DUMP && !prefault.isEmpty();
                assertEquals(
                        dumpsWhatNobodyTouched ? ExitStatus.FAILURE : ExitStatus.DONE, status, options + "\n" + err);
                assertTrue(LINE.matcher(out.toString()).find(), options + "\n" + out);
            }
        }
    }

    @Test
    void shouldPutOnlyWhatItGot() throws IOException {
        // FOLL_MLOCK alone counts pages that are not there and returns none for them.
        final JsonObject pass = pass("-U", "-z", "-m", "1", "-n", "100", "-r", "2", "-F", "0x1000");
        assertEquals(256, pass.get("pages").getAsLong());
        assertEquals("", err.toString());
    }

    @Test
    void shouldAskForAllPagesInOneCallIfTheirNumberIsNegative() throws IOException {
        final Path json = temp.resolve("all.json");
        assertEquals(ExitStatus.DONE, execute("-m", "1", "-n-1", "--json", json.toString()));
        final JsonObject all = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertEquals(256, all.get("pagesPerCall").getAsInt());
        assertEquals("GUP_FAST_BENCHMARK", all.get("command").getAsString());
        assertEquals("gup-bench-gup-test/1", all.get("schema").getAsString());
    }

    @Test
    void shouldSayThatItCannotWrite() {
        assertEquals(ExitStatus.USAGE, execute("-m", "1", "--json", temp.toString()));
        assertTrue(err.toString().contains("cannot write"), err::toString);
    }

    @ParameterizedTest
    @CsvSource({
        "-a, PIN_FAST_BENCHMARK is not in 5.2",
        "-b, PIN_BASIC_TEST is not in 5.2",
        "-c, DUMP_USER_PAGES_TEST is not in 5.2",
        "-p, pinning is not in 5.2",
        "-m 0, bad -m '0'",
        "-m 12x, '12x' is not an int",
        "-m -5, bad -m '-5'",
        "-n 0, bad -n '0'",
        "-r 0, bad -r '0'",
        "-j 100000, bad -j '100000'",
        "-F zzz, bad -F 'zzz'",
        "-F 0x20000, bad -F '0x20000'",
        "-L -F 0x1000, FOLL_MLOCK leaves holes",
        "-u -F 0x11000, FOLL_MLOCK leaves holes",
        "-m 1048576, do not fit in this JVM's heap",
        "-c 0 19 0x1000, DUMP_USER_PAGES_TEST is not in 5.2",
        "-ct -F 0x1 0 19 0x1000, DUMP_USER_PAGES_TEST is not in 5.2",
        "-m 1 5, '5': page indices belong to -c",
        "-n 99999999999, '99999999999' is not an int",
        "-m, Missing required parameter for option '-m'",
        "-F -1, bad -F '-1'",
        "-F 09, bad -F '09'",
        "-x, Unknown option: '-x'"
    })
    void shouldRefuseWithOneLine(final String options, final String message) {
        assertEquals(ExitStatus.USAGE, execute(options.split(" ")), () -> options + "\n" + err);
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains(message), err::toString);
    }
}
