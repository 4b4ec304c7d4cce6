package org.gup.bench.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.gup.bench.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class AgreeCommandTest {
    private final StringWriter out = new StringWriter();

    private int run(final String... arguments) {
        final CommandLine command = new CommandLine(new AgreeCommand());
        command.setOut(new PrintWriter(out));
        command.setExecutionExceptionHandler((failed, line, parsed) -> {
            throw failed;
        });
        return command.execute(arguments);
    }

    @Test
    void shouldCompareWhatIsAskedFor() {
        assertEquals(0, run("--setup", "anon_pop", "--call", "get_user_pages_fast", "--boot", "k52plain"));
        assertTrue(
                out.toString().contains("recorded calls made: 16; agree 16, explained 0, disagree 0"), out::toString);
    }

    @Test
    void shouldPrintJson() {
        assertEquals(0, run("--id", "k52plain-0000[12]", "--json"));
        final JsonObject json = JsonParser.parseString(out.toString()).getAsJsonObject();
        assertEquals(2, json.getAsJsonObject("total").get("agree").getAsInt());
        assertEquals(0, json.getAsJsonArray("disagreements").size());
    }

    @Test
    void shouldListSetupsThatAreNotSet() {
        assertEquals(0, run("--setup", "memfd_sealed_shared_ro", "--boot", "k52plain"));
        assertTrue(out.toString().contains("not set: memfd_sealed_shared_ro: the kernel refuses"), out::toString);
    }

    @Test
    void shouldRefuseWhatMatchesNothing() {
        assertThrows(BadInputException.class, () -> runOrThrow("--setup", "no_such_setup"));
        assertThrows(BadInputException.class, () -> runOrThrow("--call", "("));
        assertThrows(BadInputException.class, () -> runOrThrow("--threads", "0"));
    }

    private void runOrThrow(final String... arguments) throws Exception {
        final AgreeCommand command = new AgreeCommand();
        new CommandLine(command).setOut(new PrintWriter(out)).parseArgs(arguments);
        command.call();
    }

    @Test
    void shouldImportTheOriginalFiles(@TempDir final Path directory) throws Exception {
        Files.writeString(directory.resolve("truth.csv"), """
                id,kernel_version,setup,call,flags,nr,result,pages_pinned,pages_in_cma_before,pages_in_cma_after,notes
                k52mov-00001,5.2.1,anon_pop,mlock,0,4,0,,0,0,addr=0x1000
                """);
        final Path output = directory.resolve("out.gz");
        assertEquals(0, run("--import", directory.toString(), "--output", output.toString()));
        assertTrue(Files.size(output) > 0);
        assertTrue(out.toString().contains("1 calls"), out::toString);
    }

    @Test
    void shouldLeaveNothingOfARecordingThatIsMissingOrDamaged(@TempDir final Path directory) throws Exception {
        final Path output = directory.resolve("out.gz");
        final Path missing = directory.resolve("none");
        final BadInputException none = assertThrows(
                BadInputException.class,
                () -> runOrThrow("--import", missing.toString(), "--output", output.toString()));
        assertTrue(none.getMessage().contains("'" + missing + "'"), none.getMessage());
        Files.writeString(directory.resolve("truth.csv"), """
                id,kernel_version,setup,call,flags,nr,result,pages_pinned,pages_in_cma_before,pages_in_cma_after,notes
                k52mov-00001,5.2.1,anon_pop
                """);
        final BadInputException damaged = assertThrows(
                BadInputException.class,
                () -> runOrThrow("--import", directory.toString(), "--output", output.toString()));
        assertTrue(damaged.getMessage().contains("truth.csv:2: no field for column 'call'"), damaged.getMessage());
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(
                    List.of("truth.csv"),
                    left.map(file -> file.getFileName().toString()).toList());
        }
    }
}
