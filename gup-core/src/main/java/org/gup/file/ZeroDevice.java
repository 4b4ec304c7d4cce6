package org.gup.file;

/** {@code /dev/zero}: a private mapping of it is anonymous memory, a shared one is fresh shared memory. */
public final class ZeroDevice implements MappedFile {
    /** The device. */
    public ZeroDevice() {}

    @Override
    public String name() {
        return "/dev/zero";
    }

    @Override
    public boolean isDax() {
        return false;
    }

    @Override
    public boolean isCharDevice() {
        return true;
    }

    /** {@inheritDoc} None: its pages are anonymous. */
    @Override
    public long owner() {
        return 0;
    }

    @Override
    public boolean wantsWriteNotify() {
        return false;
    }
}
