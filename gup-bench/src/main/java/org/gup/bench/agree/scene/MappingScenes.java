package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;
import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;

import java.util.Map;

/** Ranges of several mappings, with holes, or across tables; shared anonymous memory. */
final class MappingScenes {
    private static final long CROSS_TABLE = BASE + 510 * PAGE;
    private static final long CROSS_TOP_ENTRY = 0x17f_ffff_e000L;

    private MappingScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        holes(scenes);
        neighbours(scenes);
        shared(scenes);
    }

    private static void holes(final Map<String, Scene> scenes) {
        scenes.put("hole_first", stage -> withHole(stage, 4, 0));
        scenes.put("hole_mid", stage -> withHole(stage, 4, 2));
        scenes.put("hole_last", stage -> withHole(stage, 4, 3));
        scenes.put("hole_pop", stage -> withHole(stage, 8, 0));
        scenes.put("pop3_hole", stage -> stage.mapWritten(BASE, 3));
        scenes.put("unpop3_hole", stage -> stage.map(BASE, 3, RW));
    }

    private static void withHole(final Stage stage, final int pages, final int hole) {
        stage.mapWritten(BASE, pages);
        stage.unmap(BASE + hole * PAGE, 1);
    }

    private static void neighbours(final Map<String, Scene> scenes) {
        scenes.put("two_vmas_ro", stage -> {
            stage.mapWritten(BASE, 4);
            stage.protect(BASE + 2 * PAGE, 2, PROT_READ);
        });
        scenes.put("two_vmas_none", stage -> {
            stage.mapWritten(BASE, 4);
            stage.protect(BASE + 2 * PAGE, 2, PROT_NONE);
        });
        scenes.put("two_vmas_types", stage -> {
            stage.mapWritten(BASE, 2);
            stage.map(BASE + 2 * PAGE, 2, RW, Stage.SHARED);
            stage.write(BASE + 2 * PAGE, 2);
        });
        scenes.put("cross_pt", stage -> stage.mapWritten(CROSS_TABLE, 4));
        scenes.put("cross_pgd", stage -> stage.mapWritten(CROSS_TOP_ENTRY, 4));
    }

    private static void shared(final Map<String, Scene> scenes) {
        scenes.put("ashared_pop", stage -> sharedWritten(stage));
        scenes.put("ashared_ro", stage -> {
            stage.map(BASE, 4, PROT_READ, Stage.SHARED);
            stage.read(BASE, 4);
        });
        scenes.put("ashared_ro_untouched", stage -> stage.map(BASE, 4, PROT_READ, Stage.SHARED));
        scenes.put("ashared_swapped", stage -> {
            sharedWritten(stage);
            AnonymousScenes.swapOut(stage, BASE, 4);
        });
    }

    private static void sharedWritten(final Stage stage) {
        stage.map(BASE, 4, RW, Stage.SHARED);
        stage.write(BASE, 4);
    }
}
