package org.gup.bench.agree.scene;

import static org.gup.bench.agree.scene.Stage.BASE;
import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.bench.agree.scene.Stage.PRIVATE;
import static org.gup.bench.agree.scene.Stage.RW;
import static org.gup.bench.agree.scene.Stage.SHARED;
import static org.gup.mm.Mman.PROT_EXEC;
import static org.gup.mm.Mman.PROT_READ;

import java.util.Map;
import org.gup.file.CachedFile;
import org.gup.file.PageCacheFile;
import org.gup.file.ShmemFile;
import org.gup.mm.MmStruct;
import org.gup.mm.UserAccess;
import org.gup.task.Task;

/** Mapped files with a page cache: tmpfs, memfd, ext4, and the program's own text. */
final class FileScenes {
    private FileScenes() {}

    static void addTo(final Map<String, Scene> scenes) {
        tmpfs(scenes);
        memfd(scenes);
        ext4(scenes);
        cold(scenes);
        scenes.put("text", FileScenes::text);
        scenes.put("anon2_ext4shared2", stage -> {
            stage.mapWritten(BASE, 2);
            stage.mapFile(BASE + 2 * PAGE, 2, RW, SHARED, ext4(stage, 2));
            stage.write(BASE + 2 * PAGE, 2);
        });
    }

    private static void tmpfs(final Map<String, Scene> scenes) {
        scenes.put("tmpfs_shared_untouched", stage -> mapped(stage, tmpfs(stage), RW, SHARED));
        scenes.put("tmpfs_shared_read", stage -> read(stage, tmpfs(stage), RW, SHARED));
        scenes.put("tmpfs_shared_ro_read", stage -> read(stage, tmpfs(stage), PROT_READ, SHARED));
        scenes.put("tmpfs_shared_ro_untouched", stage -> mapped(stage, tmpfs(stage), PROT_READ, SHARED));
        scenes.put("tmpfs_private_untouched", stage -> mapped(stage, tmpfs(stage), RW, PRIVATE));
        scenes.put("tmpfs_private_read", stage -> read(stage, tmpfs(stage), RW, PRIVATE));
        scenes.put("tmpfs_private_written", stage -> written(stage, tmpfs(stage), PRIVATE));
        scenes.put("tmpfs_private_ro_untouched", stage -> mapped(stage, tmpfs(stage), PROT_READ, PRIVATE));
        scenes.put("tmpfs_shared_hole", stage -> mapped(stage, sparse(stage, 4), RW, SHARED));
        scenes.put("tmpfs_shared_eof", stage -> {
            stage.mapFile(BASE, 4, RW, SHARED, filled(stage, sparse(stage, 2)));
            stage.read(BASE, 2);
        });
    }

    private static void memfd(final Map<String, Scene> scenes) {
        scenes.put("memfd_shared", stage -> written(stage, sparse(stage, 4), SHARED));
        scenes.put("memfd_shared_untouched", stage -> mapped(stage, sparse(stage, 4), RW, SHARED));
        scenes.put("memfd_private_read", stage -> read(stage, sparse(stage, 4), RW, PRIVATE));
        scenes.put("memfd_sealed_private_ro", stage -> read(stage, tmpfs(stage), PROT_READ, PRIVATE));
        scenes.put("memfd_sealed_private_rw", stage -> read(stage, tmpfs(stage), RW, PRIVATE));
        scenes.put("dup_page", stage -> {
            final ShmemFile file = sparse(stage, 1);
            stage.mapFile(BASE, 1, RW, SHARED, file);
            stage.mapFile(BASE + PAGE, 1, RW, SHARED, file);
            stage.write(BASE, 2);
        });
        scenes.put("udmabuf_map", stage -> {
            final ShmemFile file = sparse(stage, 4);
            written(stage, file, SHARED);
            for (int i = 0; i < 4; i++) {
                stage.hold(stage.pfn(BASE + i * PAGE));
            }
        });
    }

    private static void ext4(final Map<String, Scene> scenes) {
        scenes.put("ext4_shared_untouched", stage -> mapped(stage, ext4(stage, 4), RW, SHARED));
        scenes.put("ext4_shared_read", stage -> read(stage, ext4(stage, 4), RW, SHARED));
        scenes.put("ext4_shared_written", stage -> written(stage, ext4(stage, 4), SHARED));
        scenes.put("ext4_shared_ro_read", stage -> read(stage, ext4(stage, 4), PROT_READ, SHARED));
        scenes.put("ext4_shared_ro_untouched", stage -> mapped(stage, ext4(stage, 4), PROT_READ, SHARED));
        scenes.put("ext4_private_untouched", stage -> mapped(stage, ext4(stage, 4), RW, PRIVATE));
        scenes.put("ext4_private_read", stage -> read(stage, ext4(stage, 4), RW, PRIVATE));
        scenes.put("ext4_private_written", stage -> written(stage, ext4(stage, 4), PRIVATE));
        scenes.put("ext4_private_ro_read", stage -> read(stage, ext4(stage, 4), PROT_READ, PRIVATE));
        scenes.put("ext4_private_ro_untouched", stage -> mapped(stage, ext4(stage, 4), PROT_READ, PRIVATE));
    }

    private static void cold(final Map<String, Scene> scenes) {
        scenes.put("ext4_cold3of8", stage -> coldExcept(stage, 0, 1, 2, 4, 5, 6, 7));
        scenes.put("ext4_cold3_5of8", stage -> coldExcept(stage, 0, 1, 2, 4, 6, 7));
    }

    /** Eight pages on disk, read at random; only some of them are in the page cache, and mapped. */
    private static void coldExcept(final Stage stage, final int... mapped) {
        final PageCacheFile file = ext4(stage, 8);
        file.readahead(false);
        for (int i = 0; i < 8; i++) {
            file.makeCold(stage.task(), i);
        }
        stage.mapFile(BASE, 8, RW, SHARED, file);
        for (final int page : mapped) {
            stage.read(BASE + page * PAGE, 1);
        }
    }

    /** A page that two processes run, used so often that it is active. */
    private static void text(final Stage stage) {
        final ShmemFile file = sparse(stage, 2);
        // The program was loaded before any memory was set aside.
        stage.beforeCma(() -> filled(stage, file));
        final long at = stage.recorded().address();
        stage.mapFile(at, 2, PROT_READ | PROT_EXEC, PRIVATE, file);
        stage.read(at, 2);
        stage.memory().lruvec().drainAll(stage.task());
        for (int i = 0; i < 2; i++) {
            stage.touch(at + i * PAGE);
            stage.memory().lruvec().drainAll(stage.task());
            stage.touch(at + i * PAGE);
        }
        final Proc other = stage.fork();
        final MmStruct mm = other.mm();
        final Task task = other.task();
        for (int i = 0; i < 2; i++) {
            UserAccess.load(task, mm, at + i * PAGE);
        }
    }

    /** A tmpfs file without a page. */
    static ShmemFile sparse(final Stage stage, final int pages) {
        return stage.own(new ShmemFile(stage.memory(), "tmpfs file", pages * PAGE));
    }

    /** A tmpfs file written by write(2). */
    private static ShmemFile tmpfs(final Stage stage) {
        return filled(stage, sparse(stage, 4));
    }

    static <F extends CachedFile> F filled(final Stage stage, final F file) {
        for (long i = 0; i < file.pages(); i++) {
            file.write(stage.task(), i, i + 1);
        }
        return file;
    }

    /** A file on disk, written by write(2) and synced. */
    private static PageCacheFile ext4(final Stage stage, final int pages) {
        final PageCacheFile file =
                filled(stage, stage.own(new PageCacheFile(stage.memory(), "ext4 file", pages * PAGE)));
        stage.memory().lruvec().drainAll(stage.task());
        for (int i = 0; i < pages; i++) {
            file.startWriteback(stage.task(), i);
            file.endWriteback(stage.task(), i);
        }
        return file;
    }

    private static void mapped(final Stage stage, final CachedFile file, final int prot, final int flags) {
        stage.memory().lruvec().drainAll(stage.task());
        stage.mapFile(BASE, 4, prot, flags, file);
    }

    private static void read(final Stage stage, final CachedFile file, final int prot, final int flags) {
        mapped(stage, file, prot, flags);
        stage.read(BASE, 4);
    }

    private static void written(final Stage stage, final CachedFile file, final int flags) {
        mapped(stage, file, RW, flags);
        stage.write(BASE, 4);
    }
}
