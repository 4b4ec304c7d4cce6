package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;
import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.bench.agree.scene.Stage.PRIVATE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.bench.agree.scene.Stage.SHARED;
import static org.gup.flags.VmFlags.VM_DONTEXPAND;
import static org.gup.flags.VmFlags.VM_IO;
import static org.gup.flags.VmFlags.VM_MAYEXEC;
import static org.gup.flags.VmFlags.VM_MAYWRITE;
import static org.gup.flags.VmFlags.VM_MIXEDMAP;
import static org.gup.flags.VmFlags.VM_PFNMAP;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_READ;

import java.util.Map;
import org.gup.file.RawMemory;

/** What drivers and the kernel itself map: raw frames, frames without {@code struct page}, pages of their own. */
final class DriverScenes {
    /** A frame beyond all memory. */
    private static final long NO_PAGE = 0x7_0000_0000L;

    private DriverScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        rawMemory(scenes);
        kernelPages(scenes);
        scenes.put("gate", stage -> {});
    }

    private static void rawMemory(final Map<String, Scene> scenes) {
        scenes.put("pfnmap_ram", stage -> raw(stage, BASE, 4, RW, SHARED));
        scenes.put("pfnmap_private_read", stage -> raw(stage, BASE, 4, RW, PRIVATE));
        scenes.put("pfnmap_private_cow", stage -> {
            raw(stage, BASE, 4, RW, PRIVATE);
            stage.write(BASE, 4);
        });
        scenes.put("iouring_ring", stage -> raw(stage, stage.recorded().address(), 1, RW, SHARED));
        scenes.put("mixedmap_special", stage -> {
            stage.mapFile(BASE, 1, RW, SHARED, stage.own(RawMemory.mixedMap("frames without pages", NO_PAGE)));
        });
        scenes.put("vvar", stage -> {
            final long at = stage.recorded().address();
            raw(stage, at, 1, PROT_READ, PRIVATE);
            stage.map(at + PAGE, 2, PROT_READ);
            change(stage, at, 1, 0, VM_MAYWRITE | VM_MAYEXEC);
            change(stage, at + PAGE, 2, VM_IO | VM_PFNMAP | VM_DONTEXPAND, VM_MAYWRITE | VM_MAYEXEC);
        });
    }

    /** Maps kernel pages by their frames alone. */
    private static void raw(final Stage stage, final long at, final int pages, final int prot, final int flags) {
        final long first = stage.memory().allocPages(stage.task(), 0, 2);
        for (int i = 0; i < 4; i++) {
            final long pfn = first + i;
            stage.own(() -> stage.gup().putPage(stage.task(), pfn));
        }
        stage.mapFile(at, pages, prot, flags, stage.own(RawMemory.pfnMap("/dev/mem", first)));
    }

    private static void kernelPages(final Map<String, Scene> scenes) {
        scenes.put("private_nomaywrite", stage -> {
            stage.mapFile(BASE, 1, PROT_READ, PRIVATE, driverPage(stage));
            change(stage, BASE, 1, 0, VM_MAYWRITE);
            stage.read(BASE, 1);
        });
        // One page of the kernel's, mapped by every process: here by four.
        scenes.put("vdso", stage -> {
            final long at = stage.recorded().address();
            stage.mapFile(at, 1, PROT_READ | PROT_EXEC, PRIVATE, driverPage(stage));
            for (int i = 0; i < 3; i++) {
                stage.fork();
            }
            change(stage, at, 1, VM_DONTEXPAND, VM_MIXEDMAP);
        });
    }

    private static RawMemory driverPage(final Stage stage) {
        return stage.own(RawMemory.driverPages(stage.memory(), stage.task(), "the driver's page", 1));
    }

    private static void change(final Stage stage, final long at, final int pages, final long set, final long clear) {
        Stage.check(0, stage.mm().changeVmFlags(stage.task(), at, pages * PAGE, set, clear), "changeVmFlags");
    }
}
