package org.gup.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import org.gup.bench.error.BadInputException;

/** Writes files as a whole or not at all: beside the target first, then renamed over it. */
final class AtomicFile {
    private AtomicFile() {}

    /**
     * Writes a text as UTF-8.
     *
     * @param target the file; replaced if it exists, with its permissions kept
     * @param text its content
     * @throws BadInputException if that is not possible; the target is as it was then
     */
    static void write(final Path target, final String text) {
        write(target, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The same with bytes. */
    static void write(final Path target, final byte[] content) {
        try {
            if (Files.exists(target) && !Files.isRegularFile(target) && !Files.isDirectory(target)) {
                // A pipe or a terminal is not replaced.
                Files.write(target, content);
                return;
            }
            replace(Files.exists(target) ? target.toRealPath() : target.toAbsolutePath(), content);
        } catch (final IOException refused) {
            throw new BadInputException(
                    "cannot write '" + target + "': " + refused.getClass().getSimpleName());
        }
    }

    private static void replace(final Path target, final byte[] content) throws IOException {
        final Path beside = target.resolveSibling("." + target.getFileName() + ".partial-"
                + ProcessHandle.current().pid());
        try {
            try (FileChannel channel = FileChannel.open(
                    beside,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                final ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            keepPermissions(target, beside);
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    private static void keepPermissions(final Path target, final Path beside) throws IOException {
        final PosixFileAttributeView view = Files.getFileAttributeView(beside, PosixFileAttributeView.class);
        if (view != null && Files.exists(target)) {
            view.setPermissions(Files.getPosixFilePermissions(target));
        }
    }
}
