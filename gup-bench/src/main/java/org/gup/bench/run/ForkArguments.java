package org.gup.bench.run;

import java.util.ArrayList;
import java.util.List;

/** Arguments of the JVMs that are measured. They replace whatever the benchmarks' annotations say. */
public final class ForkArguments {
    /** What Agrona's raw access needs. */
    public static final String EXPORTS = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";

    private static final int UNSAFE_WARNS_SINCE = 23;

    private ForkArguments() {}

    /**
     * The arguments for this JDK: one collector by name, a heap that does not grow, all checks off.
     *
     * @return a list that cannot be changed
     */
    public static List<String> forThisJdk() {
        final List<String> arguments = new ArrayList<>(List.of(
                EXPORTS,
                "-XX:+UseSerialGC",
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "-Dgup.checks=false",
                "-Dagrona.disable.bounds.checks=true"));
        if (Runtime.version().feature() >= UNSAFE_WARNS_SINCE) {
            arguments.add("--sun-misc-unsafe-memory-access=allow");
        }
        return List.copyOf(arguments);
    }
}
