package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.gup.snapshot.MapsParser.Line;

/**
 * The memory of a process as its kernel tells it from outside: mappings ({@code maps}, {@code smaps}) and the state of every
 * page ({@code pagemap}; {@code kpageflags} and {@code kpagecount} where they may be read). {@link ProcessAddressSpace}
 * makes an address space of it.
 *
 * <p>A live process runs while it is read, so its parts may be of different moments. What does not fit together is left out,
 * and {@link #notes} says how much. Immutable.
 */
public final class ProcessSnapshot {
    private final String name;
    private final List<SnapshotMapping> mappings;
    private final Map<String, FileKind> devices;
    private final SnapshotLimits limits;
    private final List<String> notes;

    private ProcessSnapshot(
            final String name,
            final List<SnapshotMapping> mappings,
            final Map<String, FileKind> devices,
            final SnapshotLimits limits,
            final List<String> notes) {
        this.name = name;
        this.mappings = mappings;
        this.devices = devices;
        this.limits = limits;
        this.notes = List.copyOf(notes);
    }

    /**
     * Reads a live process. Pages whose frames are hidden, as they are without CAP_SYS_ADMIN, have none.
     *
     * @param pid its number, or {@code self}
     * @param limits how much to accept
     * @return the snapshot
     * @throws SnapshotException if there is no such process, it may not be read, it is too large, or this is not Linux
     */
    public static ProcessSnapshot ofProcess(final String pid, final SnapshotLimits limits) {
        if (!System.getProperty("os.name", "").startsWith("Linux")) {
            throw new SnapshotException(
                    "proc:" + SnapshotException.quote(pid) + ": a live process can be read on Linux only");
        }
        return new LiveProcess(Path.of("/proc"), pid, limits).read();
    }

    /**
     * Reads a recorded one: {@code NAME.maps}, {@code NAME.smaps}, {@code NAME.pagemap.csv}, and {@code NAME.devices.csv} if
     * it is there, each plain or with {@code .gz}.
     *
     * @param folder where the files are
     * @param name their common name
     * @param limits how much to accept
     * @return the snapshot
     * @throws SnapshotException if a file is missing, damaged or too large
     */
    public static ProcessSnapshot load(final Path folder, final String name, final SnapshotLimits limits) {
        return RecordedProcess.load(DumpSource.folder(folder), name, limits);
    }

    /** Puts the parts together. The gate area is in maps and details, and left out. */
    static ProcessSnapshot of(
            final String name,
            final List<Line> maps,
            final List<DumpedVma> vmas,
            final List<MappingDetails> details,
            final List<PageRun> runs,
            final Map<String, FileKind> devices,
            final SnapshotLimits limits) {
        final List<MappingDetails> ofVmas = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            if (!maps.get(i).isGate()) {
                ofVmas.add(details.get(i));
            }
        }
        final List<SnapshotMapping> mappings = new ArrayList<>();
        long kept = 0;
        int from = 0;
        for (int i = 0; i < vmas.size(); i++) {
            final DumpedVma vma = vmas.get(i);
            while (from < runs.size() && runs.get(from).end() <= vma.start()) {
                from++;
            }
            final List<PageRun> inside = new ArrayList<>();
            for (int at = from; at < runs.size() && runs.get(at).start() < vma.end(); at++) {
                final PageRun clipped = runs.get(at).clip(vma.start(), vma.end());
                inside.add(clipped);
                kept += clipped.nrPages();
            }
            mappings.add(new SnapshotMapping(vma, ofVmas.get(i), List.copyOf(inside)));
        }
        final long all = runs.stream().mapToLong(PageRun::nrPages).sum();
        return new ProcessSnapshot(
                name, List.copyOf(mappings), devices, limits, notes(runs, all - kept, maps.size() > vmas.size()));
    }

    private static List<String> notes(final List<PageRun> runs, final long outside, final boolean gate) {
        final List<String> notes = new ArrayList<>();
        if (outside > 0) {
            notes.add(outside + " pages are in no mapping, and were left out: the process changed while it was read.");
        }
        if (runs.stream().noneMatch(run -> run.pfn() != PageRun.NO_PFN)
                && runs.stream().anyMatch(PageRun::present)) {
            notes.add(
                    "Frames are hidden from who is not privileged. Huge pages are taken to be the first ranges of each"
                            + " mapping that can be some, as many as smaps counts.");
        }
        if (runs.stream().allMatch(run -> run.kpageflags() == 0)) {
            notes.add(
                    "Flags of pages are not known: a page that is not the process's own is a zero page where smaps counts"
                            + " fewer pages than there are, else one that another process shares.");
        }
        if (gate) {
            notes.add("The vsyscall page is no mapping, and was left out.");
        }
        return notes;
    }

    /**
     * Writes it as {@link #load} reads it, packed. Folders are taken out of paths.
     *
     * @param folder where the files go; it is made if it is not there
     * @param fileName their common name
     * @throws SnapshotException if they cannot be written
     */
    public void save(final Path folder, final String fileName) {
        RecordedProcess.save(this, folder, fileName);
    }

    /**
     * The same with some of its mappings.
     *
     * @param wanted which
     * @return a snapshot with these
     * @throws SnapshotException if there is none
     */
    public ProcessSnapshot only(final Predicate<DumpedVma> wanted) {
        final List<SnapshotMapping> kept = mappings.stream()
                .filter(mapping -> wanted.test(mapping.vma()))
                .collect(Collectors.toUnmodifiableList());
        if (kept.isEmpty()) {
            throw new SnapshotException(name + ": no such mapping: got " + mappings.size() + " others");
        }
        return new ProcessSnapshot(name, kept, devices, limits, notes);
    }

    /**
     * What it is called.
     *
     * @return the number of the process, or the common name of the files
     */
    public String name() {
        return name;
    }

    /**
     * The mappings.
     *
     * @return ascending, the gate area left out
     */
    public List<DumpedVma> vmas() {
        return mappings.stream().map(SnapshotMapping::vma).collect(Collectors.toUnmodifiableList());
    }

    /**
     * What was left out or taken to be so.
     *
     * @return sentences
     */
    public List<String> notes() {
        return notes;
    }

    /**
     * Pages in memory.
     *
     * @return base pages
     */
    public long presentPages() {
        return mappings.stream().mapToLong(SnapshotMapping::presentPages).sum();
    }

    /**
     * Pages in swap, migrating or poisoned.
     *
     * @return base pages
     */
    public long swappedPages() {
        return mappings.stream().mapToLong(SnapshotMapping::swappedPages).sum();
    }

    /**
     * Pages of all mappings.
     *
     * @return base pages
     */
    public long mappedPages() {
        return mappings.stream().mapToLong(mapping -> mapping.vma().nrPages()).sum();
    }

    /**
     * Runs of consecutive frames that its pages are in, by ascending address.
     *
     * @return how many; 0 if frames are hidden
     */
    public long frameRuns() {
        long runs = 0;
        long next = PageRun.NO_PFN;
        for (final SnapshotMapping mapping : mappings) {
            for (final PageRun run : mapping.runs()) {
                if (run.pfn() != PageRun.NO_PFN) {
                    runs += run.pfn() == next ? 0 : 1;
                    next = run.pfn() + run.nrPages();
                }
            }
        }
        return runs;
    }

    /**
     * A mapping, cut where pages that hold something meet empty ones.
     *
     * @param index of one of {@link #vmas}
     * @return ascending, without a gap
     */
    public List<PageStretch> stretches(final int index) {
        final SnapshotMapping mapping = mappings.get(index);
        final List<PageStretch> stretches = new ArrayList<>();
        long at = mapping.vma().start();
        for (final PageRun run : mapping.runs()) {
            add(stretches, at, run.start(), false);
            add(stretches, run.start(), run.end(), true);
            at = run.end();
        }
        add(stretches, at, mapping.vma().end(), false);
        return stretches;
    }

    private static void add(final List<PageStretch> stretches, final long start, final long end, final boolean held) {
        if (start >= end) {
            return;
        }
        final long pages = (end - start) >>> PAGE_SHIFT;
        final PageStretch last = stretches.isEmpty() ? null : stretches.get(stretches.size() - 1);
        if (last != null && last.held() == held) {
            stretches.set(stretches.size() - 1, new PageStretch(last.start(), last.pages() + pages, held));
        } else {
            stretches.add(new PageStretch(start, pages, held));
        }
    }

    List<SnapshotMapping> mappings() {
        return mappings;
    }

    Map<String, FileKind> devices() {
        return devices;
    }

    SnapshotLimits limits() {
        return limits;
    }
}
