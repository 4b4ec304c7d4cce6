package org.gup.bench.env;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Facts about the machine, the JVM and the build that do not change during a run. What is not to be had is "unknown". */
public final class Environment {
    /** Name and version of the format of {@code environment.json}. */
    public static final String SCHEMA = "gup-bench-environment/1";

    private static final String UNKNOWN = "unknown";
    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");

    private Environment() {}

    /**
     * The version of this program.
     *
     * @return from the jar's manifest
     */
    public static String gupVersion() {
        return Optional.ofNullable(Environment.class.getPackage().getImplementationVersion())
                .orElse("development build");
    }

    /**
     * The version of the JDK.
     *
     * @return such as {@code 17.0.15+6-Debian-1deb12u1}
     */
    public static String jdkVersion() {
        return System.getProperty("java.vm.version", UNKNOWN);
    }

    /**
     * Processors the JVM may use.
     *
     * @return at least 1
     */
    public static int cpus() {
        return Runtime.getRuntime().availableProcessors();
    }

    /**
     * The processor's name.
     *
     * @return as the system calls it
     */
    public static String cpuModel() {
        return SystemFiles.value("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch", UNKNOWN));
    }

    /**
     * Whether transparent huge pages are given to the C heap, where the model lives.
     *
     * @return always, madvise, never or unknown
     */
    public static String thp() {
        final Matcher chosen = CHOSEN.matcher(SystemFiles.firstLine("/sys/kernel/mm/transparent_hugepage/enabled")
                .orElse(""));
        return chosen.find() ? chosen.group(1) : UNKNOWN;
    }

    /**
     * Everything, as it goes into {@code environment.json}.
     *
     * @param arguments the command line
     * @param forkArguments JVM arguments of the measured JVMs
     * @return an object to be scrubbed and written
     */
    public static JsonObject facts(final List<String> arguments, final List<String> forkArguments) {
        final JsonObject facts = new JsonObject();
        facts.addProperty("schema", SCHEMA);
        facts.addProperty("gupVersion", gupVersion());
        facts.addProperty("gitCommit", git("rev-parse", "HEAD").orElse(UNKNOWN));
        facts.addProperty(
                "gitDirty",
                git("status", "--porcelain")
                        .map(changes -> changes.isEmpty() ? "no" : "yes")
                        .orElse(UNKNOWN));
        facts.add("commandLine", array(arguments));
        facts.add("jdk", jdk(forkArguments));
        facts.add("os", os());
        facts.add("cpu", cpu());
        facts.add("memory", memory());
        return facts;
    }

    private static JsonObject jdk(final List<String> forkArguments) {
        final JsonObject jdk = new JsonObject();
        jdk.addProperty("version", System.getProperty("java.version", UNKNOWN));
        jdk.addProperty("vmVersion", jdkVersion());
        jdk.addProperty("vm", System.getProperty("java.vm.name", UNKNOWN));
        jdk.addProperty("vendor", System.getProperty("java.vm.vendor", UNKNOWN));
        jdk.add("forkArguments", array(forkArguments));
        return jdk;
    }

    private static JsonObject os() {
        final JsonObject os = new JsonObject();
        os.addProperty("name", System.getProperty("os.name", UNKNOWN));
        os.addProperty("version", System.getProperty("os.version", UNKNOWN));
        os.addProperty("arch", System.getProperty("os.arch", UNKNOWN));
        return os;
    }

    private static JsonObject cpu() {
        final JsonObject cpu = new JsonObject();
        cpu.addProperty("model", cpuModel());
        cpu.addProperty("logicalCpus", cpus());
        cpu.addProperty(
                "microcode", SystemFiles.value("/proc/cpuinfo", "microcode").orElse(UNKNOWN));
        cpu.addProperty(
                "hypervisor",
                SystemFiles.value("/proc/cpuinfo", "flags")
                        .map(flags -> (" " + flags + " ").contains(" hypervisor ") ? "yes" : "no")
                        .orElse(UNKNOWN));
        cpu.addProperty(
                "governor",
                SystemFiles.firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
                        .orElse(UNKNOWN));
        return cpu;
    }

    private static JsonObject memory() {
        final JsonObject memory = new JsonObject();
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            memory.addProperty("totalBytes", system.getTotalMemorySize());
        }
        memory.addProperty("thp", thp());
        return memory;
    }

    private static JsonArray array(final List<String> values) {
        final JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    /** What git says, if this is run inside a work tree of this project. */
    private static Optional<String> git(final String... arguments) {
        if (!Files.exists(Path.of("gup-bench", "pom.xml"))) {
            return Optional.empty();
        }
        try {
            final ProcessBuilder builder = new ProcessBuilder("git");
            builder.command().addAll(List.of(arguments));
            builder.redirectError(ProcessBuilder.Redirect.DISCARD);
            final Process git = builder.start();
            final String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            final boolean ended = git.waitFor(5, TimeUnit.SECONDS);
            return ended && git.exitValue() == 0 ? Optional.of(answer) : Optional.empty();
        } catch (final IOException noGit) {
            return Optional.empty();
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
