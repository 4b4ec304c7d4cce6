package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;
import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.mm.Mman.MAP_GROWSDOWN;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;

import java.util.Map;
import org.gup.MmPopulate;
import org.gup.file.ZeroDevice;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.task.Task;

/** Private anonymous memory of base pages. */
final class AnonymousScenes {
    /** PKRU of key 1: no access. */
    private static final int DENY_ACCESS = 1 << 2;
    /** PKRU of key 1: no writing. */
    private static final int DENY_WRITE = 2 << 2;

    private AnonymousScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        states(scenes);
        permissions(scenes);
        elsewhere(scenes);
    }

    private static void states(final Map<String, Scene> scenes) {
        scenes.put("anon_pop", stage -> stage.mapWritten(BASE, 4));
        scenes.put("anon_untouched", stage -> stage.map(BASE, 4, RW));
        scenes.put("anon_readfault", stage -> {
            stage.map(BASE, 4, RW);
            stage.read(BASE, 4);
        });
        scenes.put("anon_mixed", stage -> {
            stage.map(BASE, 4, RW);
            stage.write(BASE, 1);
            stage.read(BASE + 2 * PAGE, 1);
            stage.write(BASE + 3 * PAGE, 1);
        });
        scenes.put("anon_dontneed", stage -> {
            stage.mapWritten(BASE, 4);
            stage.advise(BASE, 4, Mman.MADV_DONTNEED);
        });
        scenes.put("pop3_untouched5", stage -> written(stage, 8, 3));
        scenes.put("pop5_untouched3", stage -> written(stage, 8, 5));
        scenes.put("pop2_untouched2", stage -> written(stage, 4, 2));
        scenes.put("pop3_unpop1_pop4", stage -> {
            written(stage, 8, 3);
            stage.write(BASE + 4 * PAGE, 4);
        });
        scenes.put("big_2M_4k", stage -> {
            stage.map(BASE, Stage.HUGE, RW);
            stage.advise(BASE, Stage.HUGE, Mman.MADV_NOHUGEPAGE);
            stage.write(BASE, Stage.HUGE);
        });
        scenes.put("cma_only_last", stage -> {
            stage.mapWritten(BASE, 4);
            stage.memory().lruvec().drainAll(stage.task());
            stage.getLongterm(BASE, 3, 0);
        });
        scenes.put("cma_nodrain", stage -> {
            stage.mapWritten(BASE, 5);
            stage.keepPagevecs();
        });
    }

    private static void written(final Stage stage, final int mapped, final int written) {
        stage.map(BASE, mapped, RW);
        stage.write(BASE, written);
    }

    private static void permissions(final Map<String, Scene> scenes) {
        scenes.put("anon_ro_untouched", stage -> stage.map(BASE, 4, PROT_READ));
        scenes.put("anon_ro_readfault", stage -> {
            stage.map(BASE, 4, PROT_READ);
            stage.read(BASE, 4);
        });
        scenes.put("anon_ro_pop", stage -> protectedTo(stage, PROT_READ));
        scenes.put("anon_ro_then_rw", stage -> {
            protectedTo(stage, PROT_READ);
            stage.protect(BASE, 4, RW);
        });
        scenes.put("anon_none_pop", stage -> protectedTo(stage, PROT_NONE));
        scenes.put("anon_none_untouched", stage -> stage.map(BASE, 4, PROT_NONE));
        scenes.put("anon_xonly_pop", stage -> protectedTo(stage, PROT_EXEC));
        scenes.put("anon_rwx_pop", stage -> protectedTo(stage, RW | PROT_EXEC));
        scenes.put("pkey_deny_access", stage -> withKey(stage, DENY_ACCESS));
        scenes.put("pkey_deny_write", stage -> withKey(stage, DENY_WRITE));
    }

    private static void protectedTo(final Stage stage, final int prot) {
        stage.mapWritten(BASE, 4);
        stage.protect(BASE, 4, prot);
    }

    private static void withKey(final Stage stage, final int pkru) {
        stage.mapWritten(BASE, 4);
        Stage.check(0, stage.mm().pkeyMprotect(stage.task(), BASE, 4 * PAGE, RW, 1), "pkey_mprotect");
        stage.task().setPkru(pkru);
    }

    private static void elsewhere(final Map<String, Scene> scenes) {
        scenes.put("mlocked", stage -> {
            stage.mapWritten(BASE, 4);
            Stage.check(0, new MmPopulate(stage.gup()).mlock(stage.task(), stage.mm(), BASE, 4 * PAGE), "mlock");
        });
        scenes.put("anon_swapped", stage -> {
            stage.mapWritten(BASE, 4);
            swapOut(stage, BASE, 4);
        });
        scenes.put("swap_one_of3", stage -> {
            stage.mapWritten(BASE, 3);
            swapOut(stage, BASE + 2 * PAGE, 1);
        });
        scenes.put("hwpoison", stage -> {
            stage.mapWritten(BASE, 4);
            stage.memory().lruvec().drainAll(stage.task());
            Stage.check(0, stage.mm().poison(stage.task(), BASE + 2 * PAGE), "poison");
            stage.wearsMachineOut();
        });
        scenes.put("numa_protnone_last", stage -> {
            stage.mapWritten(BASE, 4);
            Stage.check(1, stage.mm().numaHint(stage.task(), BASE + 3 * PAGE, 1), "numaHint");
        });
        scenes.put("ksm", stage -> {
            stage.map(BASE, 4, RW);
            for (int i = 0; i < 4; i++) {
                UserAccess.store(stage.task(), stage.mm(), BASE + i * PAGE, 1);
            }
            stage.memory().lruvec().drainAll(stage.task());
            stage.mm().mergeIdentical(stage.task(), BASE, 4);
            stage.touch(BASE);
        });
        scenes.put("uffd_missing", stage -> {
            stage.map(BASE, 4, RW);
            stage.mm().userfault(stage.task(), BASE, 4, null);
        });
        scenes.put("uffd_monitor", stage -> {
            stage.map(BASE, 4, RW);
            final Task monitor = stage.newTask();
            stage.mm().userfault(stage.task(), BASE, 4, (task, mm, address) -> mm.fillMissing(monitor, address));
        });
        scenes.put("devzero_priv", stage -> {
            stage.mapFile(BASE, 4, RW, Stage.PRIVATE, new ZeroDevice());
            stage.write(BASE, 4);
        });
        scenes.put("growsdown_below", stage -> {
            stage.map(BASE + 16 * PAGE, 4, RW, Stage.PRIVATE | MAP_GROWSDOWN);
            stage.write(BASE + 16 * PAGE, 4);
        });
        scenes.put("stack", stage -> {
            stage.map(stage.recorded().address(), 4, RW, Stage.PRIVATE | MAP_GROWSDOWN);
            stage.write(stage.recorded().address(), 4);
        });
    }

    static void swapOut(final Stage stage, final long at, final int pages) {
        stage.memory().lruvec().drainAll(stage.task());
        Stage.check(pages, stage.mm().swapOut(stage.task(), at, pages), "swapOut");
    }
}
