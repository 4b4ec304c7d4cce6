package org.gup.snapshot;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/**
 * The bytes of one input file, unpacked if they are packed, up to a limit.
 *
 * <p>There is no limit of the packing ratio: page tables are mostly zero, and real ones pack 100:1. What is unpacked is
 * consumed as it comes, so the limit of output bytes is never held in memory.
 */
final class BoundedInput {
    private static final int GZIP_MAGIC = 0x8b1f;

    private final String file;
    private final InputStream in;
    private final boolean packed;
    private final long maxBytes;
    private long offset;

    private BoundedInput(final String file, final InputStream in, final boolean packed, final long maxBytes) {
        this.file = file;
        this.in = in;
        this.packed = packed;
        this.maxBytes = maxBytes;
    }

    static BoundedInput plain(final String file, final byte[] bytes, final long maxBytes) {
        return new BoundedInput(file, new ByteArrayInputStream(bytes), false, maxBytes);
    }

    static BoundedInput gzip(final String file, final byte[] bytes, final long maxBytes) {
        if (bytes.length == 0) {
            throw SnapshotException.ofFile(file, "empty file, allowed gzip data");
        }
        final int magic = bytes.length < 2 ? -1 : (bytes[0] & 0xff) | ((bytes[1] & 0xff) << 8);
        if (magic != GZIP_MAGIC) {
            throw SnapshotException.ofFile(
                    file,
                    "not gzip data: got first bytes " + Integer.toHexString(bytes[0] & 0xff)
                            + (bytes.length < 2 ? "" : " " + Integer.toHexString(bytes[1] & 0xff)) + ", allowed 1f 8b");
        }
        try {
            return new BoundedInput(file, new GZIPInputStream(new ByteArrayInputStream(bytes)), true, maxBytes);
        } catch (final IOException bad) {
            throw SnapshotException.ofFile(file, "corrupt or truncated gzip header");
        }
    }

    String file() {
        return file;
    }

    /** Bytes consumed so far. */
    long offset() {
        return offset;
    }

    /**
     * Fills a buffer as far as the input reaches.
     *
     * @return bytes read; less than the length only at the end
     */
    int read(final byte[] buffer) {
        int filled = 0;
        try {
            while (filled < buffer.length) {
                final int got = in.read(buffer, filled, buffer.length - filled);
                if (got < 0) {
                    break;
                }
                filled += got;
                if (offset + filled > maxBytes) {
                    throw SnapshotException.ofFile(
                            file,
                            "too large" + (packed ? " when unpacked" : "") + ": got more than " + maxBytes
                                    + " bytes, allowed " + maxBytes);
                }
            }
        } catch (final EOFException cut) {
            throw SnapshotException.atOffset(file, offset + filled, "truncated gzip data");
        } catch (final IOException bad) {
            throw SnapshotException.atOffset(file, offset + filled, "corrupt gzip data");
        }
        offset += filled;
        return filled;
    }
}
