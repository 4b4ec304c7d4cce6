package org.gup.mm;

import org.gup.file.CachedFile;
import org.gup.file.DaxDevice;
import org.gup.file.DaxFile;
import org.gup.file.HugetlbFile;
import org.gup.file.MappedFile;
import org.gup.file.PageCacheFile;
import org.gup.file.RawMemory;
import org.gup.file.ShmemFile;
import org.gup.file.ZeroDevice;
import org.gup.page.FrameStore;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** From a file to what serves the faults of its mappings; and files that live as long as their mappings. */
public final class FileOperations {
    private static final VmOperations PAGE_CACHE = new FileFault(true);
    private static final VmOperations SHMEM = new FileFault(false);
    private static final VmOperations DAX_FILE = new DaxFault();
    private static final VmOperations DAX_DEVICE = new DeviceDaxFault();
    private static final VmOperations HUGETLB = new HugetlbFault();
    private static final VmOperations PFNMAP = new PfnMapping(RawMemory.Kind.PFNMAP);
    private static final VmOperations MIXEDMAP = new PfnMapping(RawMemory.Kind.MIXEDMAP);
    private static final VmOperations DRIVER_PAGES = new PfnMapping(RawMemory.Kind.PAGES);

    private FileOperations() {}

    /**
     * What serves the faults of a file's mappings: one object for each kind of file.
     *
     * @param file the file
     * @return the operations; null for {@code /dev/zero}, whose private mappings are anonymous memory
     * @throws IllegalArgumentException for a file that is not one of this model's
     */
    public static @Nullable VmOperations of(final MappedFile file) {
        if (file instanceof PageCacheFile) {
            return PAGE_CACHE;
        }
        if (file instanceof ShmemFile) {
            return SHMEM;
        }
        if (file instanceof DaxFile) {
            return DAX_FILE;
        }
        if (file instanceof DaxDevice) {
            return DAX_DEVICE;
        }
        if (file instanceof HugetlbFile) {
            return HUGETLB;
        }
        if (file instanceof RawMemory raw) {
            return switch (raw.kind()) {
                case PFNMAP -> PFNMAP;
                case MIXEDMAP -> MIXEDMAP;
                case PAGES -> DRIVER_PAGES;
            };
        }
        if (file instanceof ZeroDevice) {
            return null;
        }
        throw new IllegalArgumentException("no operations for this kind of file: " + file);
    }

    /**
     * The file behind {@code MAP_SHARED | MAP_ANONYMOUS}, and behind a shared mapping of {@code /dev/zero}. Models
     * {@code shmem_zero_setup()}. The last {@link #vmaClosed} closes it.
     *
     * @param memory where its pages come from
     * @param pages its size
     * @return the file
     */
    public static MappedFile newSharedMemory(final PhysicalMemory memory, final long pages) {
        final ShmemFile file = new ShmemFile(memory, "dev/zero", pages * FrameStore.FRAME_BYTES);
        file.closeWithLastMapping();
        return file;
    }

    /**
     * The file behind {@code MAP_ANONYMOUS | MAP_HUGETLB}. Models {@code hugetlb_file_setup()}. The last {@link #vmaClosed}
     * closes it.
     *
     * @param memory whose pool its pages come from
     * @param hugePages its size
     * @return the file
     */
    public static MappedFile newHugetlb(final PhysicalMemory memory, final long hugePages) {
        final HugetlbFile file = new HugetlbFile(memory, "anon_hugepage", hugePages);
        file.closeWithLastMapping();
        return file;
    }

    /**
     * A mapping of the file was made: by mmap, by the split of another, by fork. Models {@code get_file()} for
     * {@code vm_file}.
     *
     * @param file what it maps
     */
    static void vmaOpened(final MappedFile file) {
        if (file instanceof CachedFile cached) {
            cached.countMapping();
        } else if (file instanceof HugetlbFile huge) {
            huge.countMapping();
        }
    }

    /**
     * A mapping of the file is gone, and its entries too. Models {@code fput()} of {@code vm_file}: the last one closes a file
     * that nothing else refers to.
     *
     * @param task who unmaps
     * @param file what it mapped
     */
    static void vmaClosed(final Task task, final MappedFile file) {
        if (file instanceof CachedFile cached && cached.uncountMapping()) {
            cached.close(task);
        } else if (file instanceof HugetlbFile huge && huge.uncountMapping()) {
            huge.close(task);
        }
    }
}
