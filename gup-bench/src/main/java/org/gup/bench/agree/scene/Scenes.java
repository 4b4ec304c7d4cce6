package org.gup.bench.agree.scene;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every scene by the name of its recorded setup, and why there is none for some. */
public final class Scenes {
    private static final Map<String, Scene> SCENES = new TreeMap<>();

    private static final Map<String, String> NOT_SET = Map.of(
            "memfd_sealed_shared_ro",
            "the kernel refuses the mapping itself: nothing was called",
            "devdax_unaligned",
            "the kernel refuses the mapping itself: nothing was called");

    static {
        AnonymousScenes.addTo(SCENES);
        MappingScenes.addTo(SCENES);
        ForkScenes.addTo(SCENES);
        HeldPageScenes.addTo(SCENES);
        FileScenes.addTo(SCENES);
        DaxScenes.addTo(SCENES);
        HugePageScenes.addTo(SCENES);
        HugetlbScenes.addTo(SCENES);
        DriverScenes.addTo(SCENES);
        ArgumentScenes.addTo(SCENES);
    }

    private Scenes() {}

    /**
     * The scene of a recorded setup.
     *
     * @param setup its name
     * @return the scene, or null if the model does not set it: see {@link #whyNot}
     */
    public static @Nullable Scene of(final String setup) {
        return SCENES.get(setup);
    }

    /**
     * Why a setup is not set on the model.
     *
     * @param setup its name
     * @return a reason
     */
    public static String whyNot(final String setup) {
        return NOT_SET.getOrDefault(setup, "no scene is written for it");
    }
}
