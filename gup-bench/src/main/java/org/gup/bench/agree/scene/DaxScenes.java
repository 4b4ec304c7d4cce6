package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;
import static org.gup.bench.agree.scene.Stage.HUGE;
import static org.gup.bench.agree.scene.Stage.HUGE_BASE;
import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.bench.agree.scene.Stage.PRIVATE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.bench.agree.scene.Stage.SHARED;
import static org.gup.mm.Mman.PROT_READ;

import java.util.Map;
import org.gup.file.DaxDevice;
import org.gup.file.DaxFile;
import org.gup.page.DevPagemap;

/** Persistent memory: files of a DAX file system, in base and huge pages, beside other memory; device DAX. */
final class DaxScenes {
    /** A place in the device that no huge page starts at. */
    private static final int UNALIGNED = 36;

    private DaxScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        files(scenes);
        neighbours(scenes);
        huge(scenes);
    }

    private static void files(final Map<String, Scene> scenes) {
        scenes.put("fsdax_shared_read", stage -> read(stage, RW, SHARED));
        scenes.put("fsdax_shared_written", stage -> {
            stage.mapFile(BASE, 4, RW, SHARED, file(stage, 4));
            stage.write(BASE, 4);
        });
        scenes.put("fsdax_shared_ro_read", stage -> read(stage, PROT_READ, SHARED));
        scenes.put("fsdax_shared_ro_untouched", stage -> stage.mapFile(BASE, 4, PROT_READ, SHARED, file(stage, 4)));
        scenes.put("fsdax_private_untouched", stage -> stage.mapFile(BASE, 4, RW, PRIVATE, file(stage, 4)));
        scenes.put("fsdax_private_written", stage -> {
            stage.mapFile(BASE, 4, RW, PRIVATE, file(stage, 4));
            stage.write(BASE, 4);
        });
        scenes.put("fsdax_private_ro_read", stage -> read(stage, PROT_READ, PRIVATE));
        scenes.put("fsdax_private_ro_untouched", stage -> stage.mapFile(BASE, 4, PROT_READ, PRIVATE, file(stage, 4)));
        scenes.put("fsdax_private_mixed", stage -> {
            stage.mapFile(BASE, 4, RW, PRIVATE, file(stage, 4));
            stage.write(BASE, 2);
            stage.read(BASE + 2 * PAGE, 2);
        });
        scenes.put("fsdax_shared_eof", stage -> {
            stage.mapFile(BASE, 4, RW, SHARED, file(stage, 2));
            stage.read(BASE, 2);
        });
        scenes.put("fsdax_shared_hole", stage -> {
            stage.mapFile(BASE, 4, RW, SHARED, sparse(stage, UNALIGNED, 4));
            stage.read(BASE, 4);
        });
    }

    private static void read(final Stage stage, final int prot, final int flags) {
        stage.mapFile(BASE, 4, prot, flags, file(stage, 4));
        stage.read(BASE, 4);
    }

    private static void neighbours(final Map<String, Scene> scenes) {
        scenes.put("anon4_fsdax4", stage -> {
            stage.mapWritten(BASE, 4);
            stage.mapFile(BASE + 4 * PAGE, 4, RW, SHARED, file(stage, 4));
            stage.write(BASE + 4 * PAGE, 4);
        });
        scenes.put("anon4u_fsdax4", stage -> {
            stage.map(BASE, 4, RW);
            stage.mapFile(BASE + 4 * PAGE, 4, RW, SHARED, file(stage, 4));
        });
        scenes.put("fsdax1_anon1", stage -> {
            stage.mapFile(BASE, 1, RW, SHARED, file(stage, 1));
            stage.map(BASE + PAGE, 1, RW);
            stage.write(BASE, 2);
        });
        scenes.put("anon2_fsdax1_hole", stage -> {
            stage.map(BASE, 2, RW);
            stage.mapFile(BASE + 2 * PAGE, 1, RW, SHARED, file(stage, 1));
            stage.write(BASE, 3);
        });
    }

    private static void huge(final Map<String, Scene> scenes) {
        scenes.put("fsdax2m_shared_written", stage -> {
            final DaxFile file = huge(stage);
            file.allocate(stage.task(), 0, HUGE);
            stage.mapFile(HUGE_BASE, HUGE, RW, SHARED, file);
            stage.write(HUGE_BASE, 1);
        });
        scenes.put("fsdax2m_shared_read", stage -> {
            final DaxFile file = huge(stage);
            if (isBroken(stage)) {
                file.allocate(stage.task(), HUGE - 1, 1);
            }
            stage.mapFile(HUGE_BASE, HUGE, RW, SHARED, file);
            stage.read(HUGE_BASE, 1);
        });
        scenes.put("devdax", stage -> {
            device(stage);
            stage.write(HUGE_BASE, 1);
        });
        scenes.put("devdax_untouched", DaxScenes::device);
    }

    /** The file system did not always find an aligned extent; the recorded call then asks for eight pages. */
    private static DaxFile huge(final Stage stage) {
        return sparse(stage, isBroken(stage) ? UNALIGNED : 0, HUGE);
    }

    private static boolean isBroken(final Stage stage) {
        return stage.recorded().nr().equals("8");
    }

    private static void device(final Stage stage) {
        final DaxDevice device =
                stage.own(new DaxDevice("device-dax", stage.machine().device(DevPagemap.Type.DEVICE_DAX), HUGE * PAGE));
        stage.mapFile(HUGE_BASE, HUGE, RW, SHARED, device);
    }

    /** A file all of whose pages have blocks. */
    private static DaxFile file(final Stage stage, final int pages) {
        final DaxFile file = sparse(stage, UNALIGNED, pages);
        file.allocate(stage.task(), 0, pages);
        return file;
    }

    private static DaxFile sparse(final Stage stage, final int offset, final int pages) {
        final DevPagemap device = stage.machine().device(DevPagemap.Type.FS_DAX);
        final long aligned = (device.startPfn() + HUGE - 1) / HUGE * HUGE;
        return stage.own(new DaxFile(stage.memory(), "fs-dax file", device, aligned + offset, pages * PAGE));
    }
}
