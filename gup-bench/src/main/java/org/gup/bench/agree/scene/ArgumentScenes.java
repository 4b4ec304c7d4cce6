package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;

import java.util.List;
import java.util.Map;

/** Odd arguments: four written pages, or two at the very end of user space; what is odd is in the call. */
final class ArgumentScenes {
    private static final long LAST_TWO = 0x7fff_ffff_d000L;

    private ArgumentScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        for (final String setup : List.of(
                "arg_nr0",
                "arg_nr_minus1",
                "arg_nr_intmin",
                "arg_unaligned",
                "arg_unaligned_last",
                "arg_kernel",
                "arg_kerneltext",
                "arg_noncanon_mid",
                "arg_noncanon_hi",
                "arg_tagged",
                "arg_overflow")) {
            scenes.put(setup, stage -> stage.mapWritten(BASE, 4));
        }
        scenes.put("arg_task_end", stage -> stage.mapWritten(LAST_TWO, 2));
        scenes.put("arg_task_last2", stage -> stage.mapWritten(LAST_TWO, 2));
    }
}
