package org.gup.shim;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Loads the classes of {@code org.gup} anew, with {@code org/agrona/UnsafeApi} in their constant pools replaced by
 * {@link UnsafeShim}. Everything else comes from the parent: the JDK, Agrona and other libraries, and the package
 * {@code org.gup.shim} itself (not its subpackages), which both worlds share.
 *
 * <p>Only one string of the pool changes, so that code, line numbers and stack maps stay what the compiler made them.
 */
public final class ShimClassLoader extends ClassLoader {
    static final String FROM = "org/agrona/UnsafeApi";
    static final String TO = "org/gup/shim/UnsafeShim";

    private static final int MAGIC = 0xCAFEBABE;
    private static final int UTF8 = 1;
    private static final String PRODUCT = "org.gup.";
    private static final String SHARED = ShimClassLoader.class.getPackageName();

    private static final ShimClassLoader INSTANCE;

    static {
        // First: a loader takes its locks when it is made.
        registerAsParallelCapable();
        INSTANCE = new ShimClassLoader();
    }

    private ShimClassLoader() {
        super("shim", ShimClassLoader.class.getClassLoader());
    }

    /**
     * The one that all share, so that the product is loaded and compiled a second time, and not a third.
     *
     * @return the loader
     */
    public static ShimClassLoader instance() {
        return INSTANCE;
    }

    @Override
    protected Class<?> loadClass(final String name, final boolean resolve) throws ClassNotFoundException {
        if (!isRewritten(name)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            final Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    static boolean isRewritten(final String name) {
        return name.startsWith(PRODUCT)
                && !name.substring(0, Math.max(0, name.lastIndexOf('.'))).equals(SHARED);
    }

    private Class<?> define(final String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            final byte[] rewritten = rewrite(in.readAllBytes());
            return defineClass(name, rewritten, 0, rewritten.length);
        } catch (final IOException failed) {
            throw new ClassNotFoundException(name, failed);
        }
    }

    /** A class file with the one string of its constant pool replaced, wherever it is a string of its own. */
    static byte[] rewrite(final byte[] classFile) throws IOException {
        final ByteArrayOutputStream rewritten = new ByteArrayOutputStream(classFile.length + 16);
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
                DataOutputStream out = new DataOutputStream(rewritten)) {
            copyHeader(in, out);
            final int constants = in.readUnsignedShort();
            out.writeShort(constants);
            int index = 1;
            while (index < constants) {
                index += copyConstant(in, out);
            }
            in.transferTo(out);
        }
        return rewritten.toByteArray();
    }

    private static void copyHeader(final DataInputStream in, final DataOutputStream out) throws IOException {
        final int magic = in.readInt();
        if (magic != MAGIC) {
            throw new IOException("not a class file: magic=0x" + Integer.toHexString(magic));
        }
        out.writeInt(magic);
        out.writeInt(in.readInt());
    }

    /** Copies one constant; answers how many indexes it takes. */
    private static int copyConstant(final DataInputStream in, final DataOutputStream out) throws IOException {
        final int tag = in.readUnsignedByte();
        out.writeByte(tag);
        if (tag == UTF8) {
            final String text = in.readUTF();
            out.writeUTF(text.equals(FROM) ? TO : text);
            return 1;
        }
        final int length = lengthOfConstant(tag);
        out.write(in.readNBytes(length));
        return tag == 5 || tag == 6 ? 2 : 1;
    }

    /** Bytes after the tag; JVMS, table 4.4-A. */
    private static int lengthOfConstant(final int tag) throws IOException {
        return switch (tag) {
            case 3, 4, 9, 10, 11, 12, 17, 18 -> 4;
            case 5, 6 -> 8;
            case 7, 8, 16, 19, 20 -> 2;
            case 15 -> 3;
            default -> throw new IOException("unknown constant: tag=" + tag);
        };
    }
}
