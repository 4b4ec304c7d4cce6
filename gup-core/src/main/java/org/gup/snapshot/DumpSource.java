package org.gup.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Where the files of a dump come from. Every failure is a {@link SnapshotException} of one line. */
interface DumpSource {
    /**
     * How messages name a file.
     *
     * @param fileName name inside the source
     * @return its name with the place it is in
     */
    String display(String fileName);

    /**
     * A whole file, as stored.
     *
     * @param fileName name inside the source
     * @param maxBytes most bytes to accept
     * @return its bytes; null if there is no such file
     */
    byte @Nullable [] readIfPresent(String fileName, long maxBytes);

    /** A whole file that must be there. */
    default byte[] read(final String fileName, final long maxBytes) {
        final byte[] bytes = readIfPresent(fileName, maxBytes);
        if (bytes == null) {
            throw SnapshotException.ofFile(display(fileName), "no such file");
        }
        return bytes;
    }

    /** Files of a directory. Only regular files are opened: a FIFO would never end, a device might not. */
    static DumpSource folder(final Path folder) {
        if (Files.notExists(folder)) {
            throw SnapshotException.ofFile(folder.toString(), "no such directory");
        }
        if (!Files.isDirectory(folder)) {
            throw SnapshotException.ofFile(folder.toString(), "not a directory");
        }
        return new Folder(folder);
    }

    /** Files beside this class on the class path. */
    static DumpSource classPath() {
        return new ClassPath();
    }

    /** See {@link #folder}. */
    record Folder(Path folder) implements DumpSource {
        @Override
        public String display(final String fileName) {
            return folder.resolve(fileName).toString();
        }

        @Override
        public byte @Nullable [] readIfPresent(final String fileName, final long maxBytes) {
            final String shown = display(fileName);
            try {
                final Path path = folder.resolve(fileName);
                final BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
                if (attributes.isDirectory()) {
                    throw SnapshotException.ofFile(shown, "is a directory, allowed a file");
                }
                if (!attributes.isRegularFile()) {
                    throw SnapshotException.ofFile(shown, "is a device, pipe or socket, allowed a regular file");
                }
                if (attributes.size() > maxBytes) {
                    throw tooLarge(shown, attributes.size(), maxBytes);
                }
                return readAll(path, shown, attributes.size());
            } catch (final NoSuchFileException absent) {
                return null;
            } catch (final AccessDeniedException denied) {
                throw SnapshotException.ofFile(shown, "permission denied");
            } catch (final FileSystemException other) {
                throw SnapshotException.ofFile(shown, "cannot be read: " + reason(other.getReason()));
            } catch (final IOException | InvalidPathException other) {
                throw SnapshotException.ofFile(shown, "cannot be read: " + reason(other.getMessage()));
            }
        }

        private static byte[] readAll(final Path path, final String shown, final long size) throws IOException {
            try (InputStream in = Files.newInputStream(path)) {
                final byte[] bytes = in.readNBytes((int) size);
                if (bytes.length != size || in.read() != -1) {
                    throw SnapshotException.ofFile(shown, "changed its size while it was read");
                }
                return bytes;
            }
        }

        private static String reason(final @Nullable String text) {
            return text == null ? "unknown reason" : SnapshotException.quote(text);
        }
    }

    /** See {@link #classPath}. */
    record ClassPath() implements DumpSource {
        @Override
        public String display(final String fileName) {
            return "classpath:" + fileName;
        }

        @Override
        public byte @Nullable [] readIfPresent(final String fileName, final long maxBytes) {
            try (InputStream in = DumpSource.class.getResourceAsStream(fileName)) {
                if (in == null) {
                    return null;
                }
                final byte[] bytes = in.readNBytes((int) Math.min(maxBytes + 1, Integer.MAX_VALUE - 8));
                if (bytes.length > maxBytes) {
                    throw tooLarge(display(fileName), bytes.length, maxBytes);
                }
                return bytes;
            } catch (final IOException unreadable) {
                throw SnapshotException.ofFile(display(fileName), "cannot be read");
            }
        }
    }

    private static SnapshotException tooLarge(final String shown, final long size, final long maxBytes) {
        return SnapshotException.ofFile(shown, "too large: got " + size + " bytes, allowed " + maxBytes);
    }
}
