package org.gup.bench.layout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.gup.bench.error.BadInputException;
import org.gup.snapshot.PageTableDump;
import org.gup.snapshot.ProcessSnapshot;
import org.gup.snapshot.SnapshotException;
import org.gup.snapshot.SnapshotLimits;

/**
 * Names an address space to be measured: {@code 4K} and {@code 2M} are 512 populated pages of one kind,
 * {@code tables:bundled} is the dump that comes with gup-core, {@code tables:DIR/NAME} any other; {@code proc:PID} is a live
 * process, {@code file:DIR/NAME} one that was recorded.
 *
 * @param name the whole name; also the value of the benchmarks' parameter
 */
public record Layout(String name) {
    /** 512 pages in one page table. */
    public static final Layout BASE_PAGES = new Layout("4K");
    /** 512 pages in one huge page. */
    public static final Layout HUGE_PAGE = new Layout("2M");
    /** The dump that comes with gup-core. */
    public static final Layout BUNDLED = new Layout("tables:bundled");

    /** Every form, for messages. */
    public static final String FORMS = "synthetic, tables:bundled, tables:DIR/NAME, proc:PID or file:DIR/NAME";

    private static final String TABLES = "tables:";
    private static final String PROC = "proc:";
    private static final String FILE = "file:";
    /** How the files of a process that was live are called. */
    private static final String RECORDED = "proc-";

    private static final Pattern RECORDED_NAME = Pattern.compile(RECORDED + "(self|[0-9]+)");

    /**
     * Whether it comes from a real machine: page tables, or a process.
     *
     * @return false for a synthetic one
     */
    public boolean isDump() {
        return name.startsWith(TABLES) || isProcess();
    }

    /**
     * Whether it is a process, as its kernel tells it from outside.
     *
     * @return true for {@code proc:} and {@code file:}
     */
    public boolean isProcess() {
        return isLive() || name.startsWith(FILE);
    }

    /**
     * Whether it is a process that runs, and so another one at each look.
     *
     * @return true for {@code proc:}
     */
    public boolean isLive() {
        return name.startsWith(PROC);
    }

    /**
     * What to call it where it may be published: the folder is left out.
     *
     * @return a short name
     */
    public String label() {
        if (!isDump() || isLive() || equals(BUNDLED)) {
            return name;
        }
        final String file = path().getFileName().toString();
        final Matcher recorded = RECORDED_NAME.matcher(file);
        return isProcess() && recorded.matches() ? PROC + recorded.group(1) : prefix() + file;
    }

    /**
     * Reads the dump.
     *
     * @return the dump, parsed and validated
     * @throws BadInputException if there is none, or it is damaged
     */
    public PageTableDump dump() {
        try {
            return equals(BUNDLED)
                    ? PageTableDump.bundled()
                    : PageTableDump.load(folder(), path().getFileName().toString());
        } catch (final SnapshotException unusable) {
            throw unusable(unusable);
        }
    }

    /**
     * Reads the process, a live one as it is now.
     *
     * @return what it looked like
     * @throws BadInputException if there is none, it may not be read, it is too large or damaged
     */
    public ProcessSnapshot snapshot() {
        try {
            return isLive()
                    ? ProcessSnapshot.ofProcess(name.substring(PROC.length()), SnapshotLimits.DEFAULTS)
                    : ProcessSnapshot.load(folder(), path().getFileName().toString(), SnapshotLimits.DEFAULTS);
        } catch (final SnapshotException unusable) {
            throw unusable(unusable);
        }
    }

    /**
     * The same layout as something that does not change: a live process is recorded.
     *
     * @param folder where the files of a live process go
     * @return a layout that every JVM reads alike
     * @throws BadInputException as {@link #snapshot}, or if the folder cannot be written to
     */
    public Layout frozen(final Path folder) {
        if (!isLive()) {
            return absolute();
        }
        final String file = RECORDED + name.substring(PROC.length());
        final ProcessSnapshot snapshot = snapshot();
        try {
            snapshot.save(folder, file);
        } catch (final SnapshotException unusable) {
            throw unusable(unusable);
        }
        return new Layout(FILE + folder.resolve(file).toAbsolutePath());
    }

    /**
     * The same layout as something that does not change, a live process in a temporary folder that goes with this JVM.
     *
     * @return a layout that every JVM reads alike
     * @throws BadInputException as {@link #frozen(Path)}
     */
    public Layout frozen() {
        if (!isLive()) {
            return absolute();
        }
        try {
            final Path folder = Files.createTempDirectory("gup-bench-proc");
            // Deleted in reverse order: the files first.
            folder.toFile().deleteOnExit();
            final Layout frozen = frozen(folder);
            try (Stream<Path> files = Files.list(folder)) {
                files.forEach(file -> file.toFile().deleteOnExit());
            }
            return frozen;
        } catch (final IOException refused) {
            throw new BadInputException("layout '" + name + "': no temporary folder to record it in: "
                    + refused.getClass().getSimpleName());
        }
    }

    BadInputException unusable(final SnapshotException why) {
        return new BadInputException("layout '" + name + "': " + why.getMessage());
    }

    private String prefix() {
        return name.startsWith(FILE) ? FILE : TABLES;
    }

    private Path folder() {
        final Path parent = path().getParent();
        return parent == null ? Path.of(".") : parent;
    }

    private Path path() {
        try {
            final Path path = Path.of(name.substring(prefix().length()));
            if (path.getFileName() != null && path.getNameCount() > 1) {
                return path;
            }
        } catch (final InvalidPathException malformed) {
            // Said below.
        }
        throw new BadInputException("bad layout '" + name + "': expected " + FORMS);
    }

    /**
     * The same files, whatever the working directory.
     *
     * @return a layout with an absolute path
     */
    public Layout absolute() {
        return isDump() && !isLive() && !equals(BUNDLED) ? new Layout(prefix() + path().toAbsolutePath()) : this;
    }
}
