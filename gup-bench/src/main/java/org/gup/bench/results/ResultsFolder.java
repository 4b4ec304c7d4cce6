package org.gup.bench.results;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.gup.bench.error.BadInputException;

/**
 * The folder of one run. Files are written into a hidden sibling, which {@link #publish} renames in one step. A run that is
 * told to end in the middle is kept under a name that says so ({@link #keepUnfinished}) if a fork was finished; anything else
 * that ends it removes the folder, together with those that were made for it.
 *
 * <p>Threading: any thread; a shutdown hook may {@link #close} while another thread writes.
 */
public final class ResultsFolder implements AutoCloseable {
    /** What is added to the name of a run that was told to end in the middle. */
    static final String UNFINISHED = ".interrupted";

    private static final int MAX_TWINS = 100;

    private final Path parent;
    private final String name;
    private final List<Path> madeFolders;
    private final Path partial;
    private boolean ended;
    private boolean resumed;
    private int finishedForks;

    private ResultsFolder(final Path parent, final String name, final List<Path> madeFolders, final Path partial) {
        this.parent = parent;
        this.name = name;
        this.madeFolders = madeFolders;
        this.partial = partial;
    }

    /**
     * Makes the hidden folder, which shows that results can be written at all.
     *
     * @param parent where the folder shall be; made if it does not exist
     * @param name the name it shall have
     * @return the folder, to be closed by the caller
     * @throws BadInputException if that is not possible
     */
    public static ResultsFolder open(final Path parent, final String name) {
        final List<Path> made = new ArrayList<>();
        try {
            for (Path folder = parent.toAbsolutePath();
                    folder != null && !Files.exists(folder);
                    folder = folder.getParent()) {
                made.add(folder);
            }
            Files.createDirectories(parent);
            // Not createTempDirectory(): what it makes is for its owner alone, and the folder keeps that when it is
            // renamed.
            final Path partial = parent.resolve(
                    "." + name + ".partial-" + ProcessHandle.current().pid());
            Files.createDirectory(partial);
            return new ResultsFolder(parent, name, made, partial);
        } catch (final IOException refused) {
            removeEmpty(made);
            final String why = Files.exists(parent) && !Files.isDirectory(parent)
                    ? "not a folder"
                    : refused.getClass().getSimpleName();
            throw new BadInputException("cannot write results into '" + parent + "': " + why);
        }
    }

    /**
     * Goes on in the folder of an unfinished run. Whatever happens, it is not removed.
     *
     * @param unfinished the folder
     * @param name the name it shall have in the end
     * @return the folder, to be closed by the caller
     */
    public static ResultsFolder reopen(final Path unfinished, final String name) {
        final Path parent = unfinished.toAbsolutePath().normalize().getParent();
        if (parent == null) {
            throw new BadInputException("'" + unfinished + "' is no results folder");
        }
        final ResultsFolder folder = new ResultsFolder(
                parent, name, List.of(), unfinished.toAbsolutePath().normalize());
        folder.resumed = true;
        folder.finishedForks = 1;
        return folder;
    }

    /**
     * Writes what a fork measured: from now on there is something to be kept.
     *
     * @param file its name
     * @param content its text
     */
    public synchronized void writeFork(final String file, final String content) {
        write(file, content);
        finishedForks++;
    }

    /**
     * Ends the run before its end. What forks measured is kept under the folder's name and a mark; without any, nothing is.
     *
     * @return where it is, if it was kept
     */
    public synchronized Optional<Path> keepUnfinished() {
        if (ended || finishedForks == 0) {
            close();
            return Optional.empty();
        }
        final Path kept = parent.resolve(name + UNFINISHED);
        ended = true;
        if (partial.equals(kept)) {
            return Optional.of(kept);
        }
        try {
            return Optional.of(Files.move(partial, free(name + UNFINISHED), StandardCopyOption.ATOMIC_MOVE));
        } catch (final IOException failed) {
            return Optional.of(partial);
        }
    }

    /** A name that no folder has yet. */
    private Path free(final String wanted) {
        for (int twin = 1; twin <= MAX_TWINS; twin++) {
            final Path target = parent.resolve(twin == 1 ? wanted : wanted + "-" + twin);
            if (!Files.exists(target)) {
                return target;
            }
        }
        throw new IllegalStateException("too many results folders of one name: " + wanted);
    }

    /**
     * Writes a file to disk.
     *
     * @param file its name, with slashes if it is in a folder
     * @param content its text
     */
    public synchronized void write(final String file, final String content) {
        if (ended) {
            return;
        }
        try {
            final Path target = partial.resolve(file);
            final Path folder = target.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            try (FileChannel channel =
                    FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                final var bytes = StandardCharsets.UTF_8.encode(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
        } catch (final IOException failed) {
            throw new UncheckedIOException("cannot write " + file, failed);
        }
    }

    /**
     * Gives the folder its name. It is complete from then on and is kept.
     *
     * @return where it is
     */
    public synchronized Path publish() {
        if (ended) {
            throw new IllegalStateException("the results folder has been given up: " + name);
        }
        try {
            try (Stream<Path> files = Files.list(partial)) {
                files.filter(file -> UnfinishedRun.isScaffold(file.getFileName().toString()))
                        .forEach(ResultsFolder::delete);
            }
            final Path target = free(name);
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            ended = true;
            return target;
        } catch (final IOException failed) {
            throw new UncheckedIOException("cannot name the results folder " + name, failed);
        }
    }

    /** Removes everything that was written, unless it has been published. */
    @Override
    public synchronized void close() {
        if (ended) {
            return;
        }
        ended = true;
        if (resumed) {
            return;
        }
        try (Stream<Path> inside = Files.walk(partial)) {
            inside.sorted(Comparator.reverseOrder()).forEach(ResultsFolder::delete);
        } catch (final IOException gone) {
            throw new UncheckedIOException("cannot remove " + partial, gone);
        }
        removeEmpty(madeFolders);
    }

    private static void delete(final Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (final IOException failed) {
            throw new UncheckedIOException("cannot remove " + file, failed);
        }
    }

    /** Removes folders, the innermost first, up to one that somebody else uses: it stays, and so does what is above it. */
    private static void removeEmpty(final List<Path> folders) {
        try {
            for (final Path folder : folders) {
                Files.deleteIfExists(folder);
            }
        } catch (final IOException inUse) {
            // An empty folder is no half-written result.
        }
    }
}
