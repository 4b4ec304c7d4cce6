package org.gup.bench;

import java.io.IOException;
import java.io.OutputStream;

/** Writes into two streams. */
final class Tee extends OutputStream {
    private final OutputStream first;
    private final OutputStream second;

    Tee(final OutputStream first, final OutputStream second) {
        this.first = first;
        this.second = second;
    }

    @Override
    public void write(final int b) throws IOException {
        first.write(b);
        second.write(b);
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int length) throws IOException {
        first.write(bytes, offset, length);
        second.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
        first.flush();
        second.flush();
    }
}
