package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.results.TestRuns;
import org.gup.bench.run.ForkArguments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The help teaches: it has examples, and they are right. */
class HelpTest {
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    /** What stands behind an example: two spaces before it, or more. */
    private static final Pattern REMARK = Pattern.compile(" {2,}.*");

    @TempDir
    private Path temp;

    private static String help(final String... command) {
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        final List<String> arguments = new ArrayList<>(List.of("help"));
        arguments.addAll(List.of(command));
        assertEquals(
                ExitStatus.DONE,
                Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(String[]::new)));
        assertEquals("", err.toString());
        return out.toString();
    }

    static Stream<String> commands() {
        return new CommandLine(new GupBench())
                .getSubcommands().keySet().stream().filter(name -> !name.equals("help") && !name.equals("jmh"));
    }

    static Stream<String> examples() {
        return Stream.concat(Stream.of(help()), commands().map(HelpTest::help))
                .flatMap(String::lines)
                .filter(line -> line.startsWith("  gup-bench "))
                .map(line -> REMARK.matcher(line.strip()).replaceAll(""))
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void shouldShowExamples(final String command) {
        final String help = help(command);
        assertTrue(help.startsWith("Usage: gup-bench " + command), help);
        assertTrue(help.contains("\n  gup-bench ") || help.contains("\n  source "), help);
    }

    @ParameterizedTest
    @MethodSource("examples")
    void shouldShowExamplesThatAreRight(final String example) {
        final List<String> words = new ArrayList<>();
        final Matcher matcher = WORD.matcher(example);
        while (matcher.find()) {
            words.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
            if (matcher.group(1) == null && matcher.group(2).contains("*")) {
                // A shell makes several of it.
                words.add(matcher.group(2) + "-2");
            }
        }
        final List<String> arguments = words.subList(1, words.size());
        if (arguments.isEmpty() || arguments.get(0).equals("jmh")) {
            return;
        }
        final CommandLine commandLine = new CommandLine(new GupBench()).setCaseInsensitiveEnumValuesAllowed(true);
        assertDoesNotThrow(() -> commandLine.parseArgs(arguments.toArray(String[]::new)), example);
    }

    @Test
    void shouldFindItsExamples() {
        assertTrue(examples().count() >= 20, () -> String.join("\n", examples().toList()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "compar=did you mean compare",
                "reprot=did you mean report",
                "list --tre=did you mean --tree",
                "report x --readm y=did you mean --readme",
                "compare a b --htm x=did you mean --html"
            })
    void shouldGuessWhatWasMeant(final String wrong) {
        final String[] parts = wrong.split("=", -1);
        final StringWriter err = new StringWriter();
        assertEquals(
                ExitStatus.USAGE,
                Main.execute(new PrintWriter(new StringWriter()), new PrintWriter(err, true), parts[0].split(" ")));
        assertTrue(err.toString().contains(parts[1]), err::toString);
        assertEquals(1, err.toString().lines().count(), err::toString);
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES)
    void shouldObeyNoColor() throws IOException, InterruptedException {
        final String run =
                new TestRuns(1, 0.01).usual(3, 1).write(temp.resolve("run")).toString();
        assertTrue(colours(Map.of("CLICOLOR_FORCE", "1"), run), "no colour although forced");
        assertFalse(colours(Map.of("CLICOLOR_FORCE", "1", "NO_COLOR", "1"), run), "colour although forbidden");
        assertFalse(colours(Map.of(), run), "colour although this is no terminal");
    }

    private static boolean colours(final Map<String, String> environment, final String run)
            throws IOException, InterruptedException {
        final ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                ForkArguments.EXPORTS,
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "compare",
                run,
                run);
        builder.environment().keySet().removeAll(List.of("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"));
        builder.environment().putAll(environment);
        final Process process =
                builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        final String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitStatus.DONE, process.waitFor());
        assertTrue(out.contains("run-2 against run"), out);
        return out.contains("\u001b[");
    }
}
