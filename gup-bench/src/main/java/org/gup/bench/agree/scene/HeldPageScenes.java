package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;
import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.Map;

/** Base pages that somebody holds already, or whose count is broken. */
final class HeldPageScenes {
    private static final int NEGATIVE = -99;

    private HeldPageScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        scenes.put("ref_held_get", stage -> held(stage, BASE, 4));
        scenes.put("ref_held_pin", stage -> held(stage, BASE, 4));
        scenes.put("ref_held_get_one", stage -> held(stage, BASE + 2 * PAGE, 1));
        scenes.put("ref_held_lt", stage -> {
            written(stage);
            stage.holdLongterm(BASE, 4, FOLL_WRITE);
        });
        scenes.put("ref_negative", stage -> broken(stage, NEGATIVE));
        scenes.put("ref_zero", stage -> broken(stage, 0));
    }

    private static void held(final Stage stage, final long at, final int pages) {
        written(stage);
        stage.holdFast(at, pages, FOLL_WRITE);
    }

    private static void broken(final Stage stage, final int references) {
        written(stage);
        stage.forceReferences(stage.pfn(BASE + 2 * PAGE), references);
    }

    private static void written(final Stage stage) {
        stage.mapWritten(BASE, 4);
        stage.memory().lruvec().drainAll(stage.task());
    }
}
