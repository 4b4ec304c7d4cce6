package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.HUGE;
import static org.gup.bench.agree.scene.Stage.HUGE_BASE;
import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.bench.agree.scene.Stage.PRIVATE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.bench.agree.scene.Stage.SHARED;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;

import java.util.Map;
import org.gup.file.ShmemFile;

/** Transparent huge pages: anonymous, in pieces, swapped out, and of tmpfs. */
final class HugePageScenes {
    /** Where pieces of a huge page are moved to. */
    private static final long PIECES = 0x200_4000_0000L;
    /** {@code MREMAP_MAYMOVE | MREMAP_FIXED}. */
    private static final int MOVE_TO = 3;

    private static final long HELD = HUGE_BASE + 7 * PAGE;

    private HugePageScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        states(scenes);
        held(scenes);
        pieces(scenes);
        tmpfs(scenes);
    }

    private static void states(final Map<String, Scene> scenes) {
        scenes.put("thp_pop", HugePageScenes::written);
        scenes.put("thp_partial", HugePageScenes::written);
        scenes.put("thp_one_tail", HugePageScenes::written);
        scenes.put("thp_untouched", stage -> stage.mapHuge(HUGE_BASE, HUGE, RW));
        scenes.put("thp_zero", stage -> {
            stage.mapHuge(HUGE_BASE, HUGE, RW);
            stage.read(HUGE_BASE, 1);
        });
        scenes.put("thp_ro_pop", stage -> {
            written(stage);
            stage.protect(HUGE_BASE, HUGE, PROT_READ);
        });
        scenes.put("thp_none_pop", stage -> {
            written(stage);
            stage.protect(HUGE_BASE, HUGE, PROT_NONE);
        });
        scenes.put("thp_fork_parent", stage -> {
            written(stage);
            stage.fork();
        });
        scenes.put("thp_numa_protnone", stage -> {
            written(stage);
            stage.mm().numaHint(stage.task(), HUGE_BASE, HUGE);
        });
        scenes.put("thp_two", stage -> {
            stage.mapHuge(HUGE_BASE, 3 * HUGE, RW);
            for (int i = 0; i < 3; i++) {
                stage.write(HUGE_BASE + (long) i * HUGE * PAGE, 1);
            }
        });
    }

    private static void written(final Stage stage) {
        stage.mapHuge(HUGE_BASE, HUGE, RW);
        stage.write(HUGE_BASE, 1);
    }

    private static void held(final Map<String, Scene> scenes) {
        scenes.put("thp_ref_held", stage -> {
            written(stage);
            stage.holdFast(HELD, 1, FOLL_WRITE);
        });
        scenes.put("thp_ref_held_lt", stage -> {
            written(stage);
            stage.holdLongterm(HELD, 1, FOLL_WRITE);
        });
    }

    private static void pieces(final Map<String, Scene> scenes) {
        scenes.put("thp_pieces", stage -> {
            written(stage);
            move(stage, HUGE_BASE + 5 * PAGE, PIECES);
            move(stage, HUGE_BASE + 9 * PAGE, PIECES + PAGE);
            stage.mapWritten(PIECES + 2 * PAGE, 1);
        });
        scenes.put("thp_swapped", stage -> {
            stage.mapHuge(HUGE_BASE, HUGE, RW);
            stage.write(HUGE_BASE, HUGE);
            AnonymousScenes.swapOut(stage, HUGE_BASE, HUGE);
        });
    }

    private static void move(final Stage stage, final long from, final long to) {
        Stage.check(to, stage.mm().mremap(stage.task(), from, PAGE, PAGE, MOVE_TO, to), "mremap");
    }

    private static void tmpfs(final Map<String, Scene> scenes) {
        scenes.put("shmem_thp", stage -> {
            stage.mapFile(HUGE_BASE, HUGE, RW, SHARED, file(stage));
            stage.write(HUGE_BASE, 1);
        });
        scenes.put("shmem_thp_priv_ro", stage -> {
            final ShmemFile file = file(stage);
            file.write(stage.task(), 0, 1);
            stage.mapFile(HUGE_BASE, HUGE, PROT_READ, PRIVATE, file);
            stage.read(HUGE_BASE, 1);
        });
    }

    private static ShmemFile file(final Stage stage) {
        return stage.own(new ShmemFile(stage.memory(), "tmpfs file, huge=always", HUGE * PAGE, true));
    }
}
