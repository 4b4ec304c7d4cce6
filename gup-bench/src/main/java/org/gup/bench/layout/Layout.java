package org.gup.bench.layout;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.gup.bench.error.BadInputException;
import org.gup.snapshot.PageTableDump;
import org.gup.snapshot.SnapshotException;

/**
 * Names an address space to be measured: {@code 4K} and {@code 2M} are 512 populated pages of one kind,
 * {@code tables:bundled} is the dump that comes with gup-core, {@code tables:DIR/NAME} any other.
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

    private static final String TABLES = "tables:";

    /**
     * Whether it is a dump.
     *
     * @return false for a synthetic one
     */
    public boolean isDump() {
        return name.startsWith(TABLES);
    }

    /**
     * What to call it where it may be published: the folder of a dump is left out.
     *
     * @return a short name
     */
    public String label() {
        return isDump() && !equals(BUNDLED) ? TABLES + path().getFileName() : name;
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
            throw new BadInputException("layout '" + name + "': " + unusable.getMessage());
        }
    }

    private Path folder() {
        final Path parent = path().getParent();
        return parent == null ? Path.of(".") : parent;
    }

    private Path path() {
        try {
            final Path path = Path.of(name.substring(TABLES.length()));
            if (path.getFileName() != null && path.getNameCount() > 1) {
                return path;
            }
        } catch (final InvalidPathException malformed) {
            // Said below.
        }
        throw new BadInputException("bad layout '" + name + "': expected tables:bundled or tables:DIR/NAME");
    }

    /**
     * The same dump, whatever the working directory.
     *
     * @return a layout with an absolute path
     */
    public Layout absolute() {
        return isDump() && !equals(BUNDLED) ? new Layout(TABLES + path().toAbsolutePath()) : this;
    }
}
