package org.gup.bench.rejection;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.gup.kernel.FsDaxCheck;
import org.gup.zone.PhysicalMemory;

/**
 * Loads the calls once more: one source and several classes, so that the compiler sees each kernel alone, and keeps a profile of
 * its own. What kernels share, memory and address spaces, is loaded once.
 */
final class KernelCopy extends ClassLoader {
    private static final String ROOT = "org.gup.";
    private static final List<String> COPIED = List.of(ROOT + "fast.", ROOT + "slow.", ROOT + "longterm.");

    private KernelCopy() {
        super(KernelCopy.class.getClassLoader());
    }

    /**
     * The loop of a kernel whose classes are its own. Its tasks must be its own, too.
     *
     * @param memory what it works on
     * @param check where it refuses
     * @return the loop
     */
    static PinLoop of(final PhysicalMemory memory, final FsDaxCheck check) {
        try {
            final var constructor = new KernelCopy()
                    .loadClass(CopiedPinLoop.class.getName())
                    .getDeclaredConstructor(PhysicalMemory.class, FsDaxCheck.class);
            constructor.setAccessible(true);
            return (PinLoop) constructor.newInstance(memory, check);
        } catch (final ReflectiveOperationException failed) {
            throw new IllegalStateException("the calls cannot be loaded again", failed);
        }
    }

    @Override
    protected Class<?> loadClass(final String name, final boolean resolve) throws ClassNotFoundException {
        if (!isCopied(name)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            final Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    /** The facade, its walks, and the loop. */
    private static boolean isCopied(final String name) {
        return name.equals(CopiedPinLoop.class.getName())
                || COPIED.stream().anyMatch(name::startsWith)
                || (name.startsWith(ROOT) && name.indexOf('.', ROOT.length()) < 0);
    }

    private Class<?> define(final String name) throws ClassNotFoundException {
        try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            final byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (final IOException failed) {
            throw new ClassNotFoundException(name, failed);
        }
    }
}
