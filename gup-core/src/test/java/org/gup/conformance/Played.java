package org.gup.conformance;

import java.util.LinkedHashMap;
import java.util.Map;
import org.gup.kernel.KernelVersion;

/** Plays one cell from beginning to end. Also called by name, in another class loader: see {@link Case#interposed}. */
final class Played {
    private static final Map<String, Case> CASES = CaseTable.load();

    private Played() {}

    /** Plays a row as a version; answers what was seen. */
    static Map<String, String> play(final String id, final String version) throws Exception {
        final Case played = CASES.get(id);
        if (played == null) {
            throw new AssertionError("no case for row " + id);
        }
        try (Scene scene = new Scene(KernelVersion.valueOf(version), played.config())) {
            played.play().on(scene);
            scene.finish();
            return new LinkedHashMap<>(scene.seen());
        }
    }
}
