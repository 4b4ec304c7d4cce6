package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.HUGE;
import static org.gup.bench.agree.scene.Stage.HUGE_BASE;
import static org.gup.bench.agree.scene.Stage.PRIVATE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.bench.agree.scene.Stage.SHARED;
import static org.gup.mm.Mman.MAP_HUGETLB;
import static org.gup.mm.Mman.MAP_NORESERVE;
import static org.gup.mm.Mman.PROT_READ;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.gup.file.HugetlbFile;
import org.gup.page.PageList;
import org.gup.zone.HugetlbPool;

/** hugetlbfs: private and shared memory of 2 MiB pages. */
final class HugetlbScenes {
    private static final int NEGATIVE = -99;

    private HugetlbScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        privately(scenes);
        shared(scenes);
        odd(scenes);
    }

    private static void privately(final Map<String, Scene> scenes) {
        scenes.put("htlb_priv_pop", stage -> written(stage, PRIVATE));
        scenes.put("htlb_priv_untouched", stage -> map(stage, 1, RW, PRIVATE));
        scenes.put("htlb_priv_read", stage -> read(stage, RW, PRIVATE));
        scenes.put("htlb_priv_ro", stage -> read(stage, PROT_READ, PRIVATE));
        scenes.put("htlb_fork_parent", stage -> {
            written(stage, PRIVATE);
            stage.fork();
        });
        scenes.put("htlb_crossing", stage -> {
            map(stage, 2, RW, PRIVATE);
            stage.write(HUGE_BASE, 1);
        });
    }

    private static void shared(final Map<String, Scene> scenes) {
        scenes.put("htlb_shared_pop", stage -> written(stage, SHARED));
        scenes.put("htlb_shared_untouched", stage -> map(stage, 1, RW, SHARED));
        scenes.put("htlb_shared_ro", stage -> read(stage, PROT_READ, SHARED));
        scenes.put("memfd_hugetlb_shared", stage -> {
            final HugetlbFile file = stage.own(new HugetlbFile(stage.memory(), "hugetlb memfd", 1));
            stage.mapFile(HUGE_BASE, HUGE, RW, SHARED, file);
            stage.write(HUGE_BASE, 1);
        });
    }

    private static void odd(final Map<String, Scene> scenes) {
        scenes.put("htlb_exhausted", stage -> {
            map(stage, 1, RW, PRIVATE | MAP_NORESERVE);
            takeAll(stage);
        });
        scenes.put("htlb_inactive", stage -> {
            written(stage, PRIVATE);
            final PageList list = new PageList(stage.memory().memMap());
            final long head = stage.pfn(HUGE_BASE);
            final HugetlbPool pool = stage.memory().hugetlb();
            if (!pool.isolate(stage.task(), head, list)) {
                throw new IllegalStateException("the page could not be isolated");
            }
            stage.own(() -> {
                list.remove(head);
                pool.putbackActive(stage.task(), head);
            });
        });
        scenes.put("htlb_hwpoison", stage -> {
            written(stage, PRIVATE);
            Stage.check(0, stage.mm().poison(stage.task(), HUGE_BASE), "poison");
            stage.wearsMachineOut();
        });
        scenes.put("htlb_ref_negative", stage -> {
            written(stage, PRIVATE);
            stage.forceReferences(stage.pfn(HUGE_BASE), NEGATIVE);
        });
    }

    /** Somebody else has the whole pool. */
    private static void takeAll(final Stage stage) {
        final List<Long> taken = new ArrayList<>();
        final HugetlbPool pool = stage.memory().hugetlb();
        for (long pfn = pool.allocate(stage.task()); pfn >= 0; pfn = pool.allocate(stage.task())) {
            taken.add(pfn);
        }
        stage.own(() -> taken.forEach(pfn -> stage.gup().putPage(stage.task(), pfn)));
    }

    private static void map(final Stage stage, final int hugePages, final int prot, final int flags) {
        stage.map(HUGE_BASE, hugePages * HUGE, prot, flags | MAP_HUGETLB);
    }

    private static void written(final Stage stage, final int flags) {
        map(stage, 1, RW, flags);
        stage.write(HUGE_BASE, 1);
    }

    private static void read(final Stage stage, final int prot, final int flags) {
        map(stage, 1, prot, flags);
        stage.read(HUGE_BASE, 1);
    }
}
