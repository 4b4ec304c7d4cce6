package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.Map;

/** Base pages that a fork shares; some of them held from before it. */
final class ForkScenes {
    private ForkScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        scenes.put("fork_child", stage -> {
            written(stage);
            stage.callFrom(stage.fork());
        });
        scenes.put("fork_child_exited", stage -> {
            written(stage);
            stage.exit(stage.fork());
        });
        scenes.put("fork_parent_rewrote", stage -> {
            written(stage);
            stage.fork();
            stage.write(BASE, 4);
        });
        scenes.put("fork_zero_parent", stage -> {
            stage.map(BASE, 4, RW);
            stage.read(BASE, 4);
            stage.fork();
        });
        scenes.put("ltpinned_forked_parent", stage -> {
            written(stage);
            stage.holdLongterm(BASE, 4, FOLL_WRITE);
            stage.fork();
        });
        scenes.put("ltpinned_forked_child", stage -> {
            written(stage);
            stage.holdLongterm(BASE, 4, FOLL_WRITE);
            stage.callFrom(stage.fork());
        });
        scenes.put("ltpin_ro_forked_parent", stage -> {
            written(stage);
            stage.holdLongterm(BASE, 4, 0);
            stage.fork();
        });
        scenes.put("gupped_forked_parent", stage -> {
            written(stage);
            stage.holdFast(BASE, 4, FOLL_WRITE);
            stage.fork();
        });
    }

    private static void written(final Stage stage) {
        stage.mapWritten(BASE, 4);
        stage.memory().lruvec().drainAll(stage.task());
    }
}
