package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.gup.snapshot.MapsParser.Line;
import org.jspecify.annotations.Nullable;

/**
 * A process that runs while it is read. Its mappings come from one text, {@code smaps}, so that they agree with each other; the
 * pages of a mapping that holds none are not read.
 */
final class LiveProcess {
    private static final Pattern PID = Pattern.compile("self|[1-9][0-9]{0,9}");
    /** A text that a change has torn is read again. */
    private static final int ATTEMPTS = 3;

    private static final int CHUNK_PAGES = 32 << 10;
    private static final long PRESENT = 1L << 63;
    private static final long SWAP = 1L << 62;
    private static final long FILE = 1L << 61;
    private static final long EXCLUSIVE = 1L << 56;
    private static final long PFN_MASK = (1L << 55) - 1;

    private final Path proc;
    private final Path folder;
    private final String pid;
    private final SnapshotLimits limits;
    private final List<PageRun> runs = new ArrayList<>();
    private long mapped;
    private long held;

    LiveProcess(final Path proc, final String pid, final SnapshotLimits limits) {
        if (!PID.matcher(pid).matches()) {
            throw new SnapshotException(
                    "bad process: got " + SnapshotException.quote(pid) + ", allowed a process number or self");
        }
        this.proc = proc;
        this.folder = proc.resolve(pid);
        this.pid = pid;
        this.limits = limits;
    }

    ProcessSnapshot read() {
        for (int attempt = 1; ; attempt++) {
            final byte[] smaps = bytes("smaps");
            try {
                return of(smaps);
            } catch (final TornException torn) {
                if (attempt == ATTEMPTS) {
                    throw new SnapshotException("process " + pid + " changed its mappings during each of " + ATTEMPTS
                            + " attempts: " + torn.getMessage());
                }
            }
        }
    }

    /** The mappings overlap: they were changed between two reads of the text. */
    private static final class TornException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TornException(final SnapshotException why) {
            super(why.getMessage());
        }
    }

    private ProcessSnapshot of(final byte[] smaps) {
        runs.clear();
        mapped = 0;
        held = 0;
        final List<Line> maps;
        final List<DumpedVma> vmas;
        final List<MappingDetails> details;
        try {
            maps = MapsParser.parse(lines("smaps", headers(smaps)), limits.textOptions());
            vmas = SmapsParser.parse(lines("smaps", smaps), maps);
            details = MappingDetails.parse(lines("smaps", smaps));
        } catch (final SnapshotException torn) {
            throw new TornException(torn);
        }
        try (FileChannel pagemap = open(folder.resolve("pagemap"));
                FrameFacts facts = new FrameFacts(proc)) {
            int at = 0;
            for (int i = 0; i < maps.size(); i++) {
                if (!maps.get(i).isGate()) {
                    readPages(pagemap, facts, vmas.get(at++), details.get(i));
                }
            }
        } catch (final IOException ended) {
            throw new SnapshotException("process " + pid + " ended while it was read, or may not be read");
        }
        return ProcessSnapshot.of(pid, maps, vmas, details, runs, mounts(), limits);
    }

    /** The lines of smaps that maps has too. */
    private static byte[] headers(final byte[] smaps) {
        final StringBuilder headers = new StringBuilder();
        new String(smaps, StandardCharsets.UTF_8).lines().forEach(line -> {
            final int space = line.indexOf(' ');
            if (!(space < 0 ? line : line.substring(0, space)).endsWith(":")) {
                headers.append(line).append('\n');
            }
        });
        return headers.toString().getBytes(StandardCharsets.UTF_8);
    }

    private TextLines lines(final String file, final byte[] bytes) {
        return new TextLines(BoundedInput.plain(folder.resolve(file).toString(), bytes, limits.maxTextBytes()));
    }

    private Map<String, FileKind> mounts() {
        final Path mounts = folder.resolve("mountinfo");
        return Files.isReadable(mounts) ? FileKind.ofMounts(lines("mountinfo", bytes("mountinfo"))) : Map.of();
    }

    private byte[] bytes(final String file) {
        final Path path = folder.resolve(file);
        try (InputStream in = Files.newInputStream(path)) {
            final byte[] bytes = in.readNBytes((int) Math.min(limits.maxTextBytes(), Integer.MAX_VALUE - 8));
            if (bytes.length == 0) {
                throw SnapshotException.ofFile(path.toString(), "empty: a kernel thread, or a process that has ended");
            }
            return bytes;
        } catch (final NoSuchFileException none) {
            throw SnapshotException.ofFile(path.toString(), "no such process");
        } catch (final AccessDeniedException denied) {
            throw SnapshotException.ofFile(
                    path.toString(), "permission denied: it takes the same user, or CAP_SYS_PTRACE");
        } catch (final IOException unreadable) {
            throw SnapshotException.ofFile(path.toString(), "cannot be read: the process has ended, or forbids it");
        }
    }

    private static FileChannel open(final Path path) throws IOException {
        try {
            return FileChannel.open(path);
        } catch (final AccessDeniedException denied) {
            throw SnapshotException.ofFile(
                    path.toString(), "permission denied: it takes the same user, or CAP_SYS_PTRACE");
        }
    }

    private void readPages(
            final FileChannel pagemap, final FrameFacts facts, final DumpedVma vma, final MappingDetails details)
            throws IOException {
        // What smaps counts as no page may be zero pages, which it does not count: small mappings are read all the
        // same.
        if (details.heldKb() == 0 && vma.nrPages() > CHUNK_PAGES) {
            return;
        }
        mapped += vma.nrPages();
        if (mapped > limits.maxMappedPages()) {
            throw new SnapshotException("process " + pid + ": too large: got more than " + limits.maxMappedPages()
                    + " pages in mappings that hold some, allowed " + limits.maxMappedPages());
        }
        final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_PAGES * Long.BYTES).order(ByteOrder.nativeOrder());
        long address = vma.start();
        while (address < vma.end()) {
            final long pages = Math.min(CHUNK_PAGES, (vma.end() - address) >>> PAGE_SHIFT);
            chunk.clear().limit((int) pages * Long.BYTES);
            long offset = (address >>> PAGE_SHIFT) * Long.BYTES;
            while (chunk.hasRemaining()) {
                final int got = pagemap.read(chunk, offset);
                if (got <= 0) {
                    // Nothing is mapped there any more.
                    return;
                }
                offset += got;
            }
            chunk.flip();
            for (; chunk.hasRemaining(); address += 1L << PAGE_SHIFT) {
                page(facts, address, chunk.getLong());
            }
        }
    }

    private void page(final FrameFacts facts, final long address, final long entry) throws IOException {
        if ((entry & (PRESENT | SWAP)) == 0) {
            return;
        }
        final boolean present = (entry & PRESENT) != 0;
        final long pfn = present && (entry & PFN_MASK) != 0 ? entry & PFN_MASK : PageRun.NO_PFN;
        final PageRun page = new PageRun(
                address,
                1,
                pfn,
                present,
                !present,
                (entry & FILE) != 0,
                (entry & EXCLUSIVE) != 0,
                pfn == PageRun.NO_PFN ? 0 : facts.flags(pfn),
                pfn == PageRun.NO_PFN ? -1 : facts.count(pfn));
        if (++held > limits.maxHeldPages()) {
            throw new SnapshotException("process " + pid + ": too large: got more than " + limits.maxHeldPages()
                    + " pages in memory and in swap, allowed " + limits.maxHeldPages());
        }
        final PageRun last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
        if (last != null && last.continues(page)) {
            runs.set(runs.size() - 1, last.longer(1));
        } else {
            runs.add(page);
        }
    }

    /** {@code /proc/kpageflags} and {@code /proc/kpagecount}, where they may be read. */
    private static final class FrameFacts implements AutoCloseable {
        private final @Nullable FileChannel flags;
        private final @Nullable FileChannel counts;
        private final ByteBuffer word = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());

        FrameFacts(final Path proc) {
            flags = openIfAllowed(proc.resolve("kpageflags"));
            counts = openIfAllowed(proc.resolve("kpagecount"));
        }

        private static @Nullable FileChannel openIfAllowed(final Path path) {
            try {
                return FileChannel.open(path);
            } catch (final IOException forbidden) {
                return null;
            }
        }

        long flags(final long pfn) throws IOException {
            return word(flags, pfn, 0);
        }

        long count(final long pfn) throws IOException {
            return word(counts, pfn, -1);
        }

        private long word(final @Nullable FileChannel file, final long pfn, final long unknown) throws IOException {
            if (file == null) {
                return unknown;
            }
            word.clear();
            return file.read(word, pfn * Long.BYTES) == Long.BYTES ? word.getLong(0) : unknown;
        }

        @Override
        public void close() throws IOException {
            if (flags != null) {
                flags.close();
            }
            if (counts != null) {
                counts.close();
            }
        }
    }
}
