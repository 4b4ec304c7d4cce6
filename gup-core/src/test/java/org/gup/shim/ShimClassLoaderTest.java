package org.gup.shim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.UnsafeApi;
import org.gup.flags.Errno;
import org.gup.offheap.SpinLock;
import org.gup.page.PageRef;
import org.junit.jupiter.api.Test;

/** The product knows nothing of the shim, and the shim has what the product calls. */
class ShimClassLoaderTest {
    private static byte[] classFile(final Class<?> type) throws IOException {
        try (InputStream in = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
            assertTrue(in != null, type.getName());
            return in.readAllBytes();
        }
    }

    private static List<Path> productClasses() throws IOException, URISyntaxException {
        final Path root = Path.of(PageRef.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".class"))
                    .filter(f -> !root.relativize(f).startsWith(Path.of("org", "gup", "shim")))
                    .collect(Collectors.toList());
        }
    }

    @Test
    void productShouldNotNameTheShim() throws Exception {
        final List<Path> files = productClasses();
        assertTrue(files.size() > 80, "classes of the product: " + files.size());
        for (final Path file : files) {
            final String text =
                    new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
            assertFalse(text.contains("org/gup/shim") || text.contains("org.gup.shim"), file.toString());
        }
    }

    /** A method that the shim lacked would show as an error in the first class that calls it; here it has a name. */
    @Test
    void shimShouldHaveWhatTheProductCalls() throws Exception {
        final Set<String> has = Arrays.stream(UnsafeShim.class.getDeclaredMethods())
                .filter(m -> Modifier.isPublic(m.getModifiers()))
                .map(m -> m.getName()
                        + MethodType.methodType(m.getReturnType(), m.getParameterTypes())
                                .toMethodDescriptorString())
                .collect(Collectors.toSet());
        final Set<String> called = new TreeSet<>();
        for (final Path file : productClasses()) {
            called.addAll(new ConstantPool(Files.readAllBytes(file)).methodsOf(ShimClassLoader.FROM));
        }
        assertTrue(called.size() > 20, called.toString());
        called.removeAll(has);
        assertEquals(Set.of(), called);
        for (final var method : UnsafeShim.class.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())) {
                assertSame(
                        method.getReturnType(),
                        UnsafeApi.class
                                .getMethod(method.getName(), method.getParameterTypes())
                                .getReturnType());
            }
        }
    }

    @Test
    void shouldReplaceOneStringAndNothingElse() throws Exception {
        final byte[] original = classFile(PageRef.class);
        final byte[] rewritten = ShimClassLoader.rewrite(original);
        final List<String> expected = new ArrayList<>(new ConstantPool(original).strings());
        expected.replaceAll(s -> s.equals(ShimClassLoader.FROM) ? ShimClassLoader.TO : s);
        assertEquals(expected, new ConstantPool(rewritten).strings());
        assertEquals(original.length + ShimClassLoader.TO.length() - ShimClassLoader.FROM.length(), rewritten.length);
        final byte[] untouched = classFile(Errno.class);
        assertArrayEquals(untouched, ShimClassLoader.rewrite(untouched));
    }

    @Test
    void shouldLoadTheProductTwiceAndTheShimOnce() throws Exception {
        final ClassLoader loader = ShimClassLoader.instance();
        final Class<?> twin = loader.loadClass(SpinLock.class.getName());
        assertNotSame(SpinLock.class, twin);
        assertSame(loader, twin.getClassLoader());
        assertSame(UnsafeShim.class, loader.loadClass(UnsafeShim.class.getName()));
        assertSame(UnsafeApi.class, loader.loadClass(UnsafeApi.class.getName()));
        assertSame(loader, loader.loadClass("org.gup.shim.probe.Probe").getClassLoader());
    }

    /** Reads a constant pool, independently of the class under test as far as that goes. */
    private static final class ConstantPool {
        private final String[] utf8;
        private final int[][] references;
        private final int[] tags;

        ConstantPool(final byte[] classFile) throws IOException {
            final DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
            in.readLong();
            final int n = in.readUnsignedShort();
            utf8 = new String[n];
            references = new int[n][2];
            tags = new int[n];
            for (int i = 1; i < n; i++) {
                tags[i] = in.readUnsignedByte();
                switch (tags[i]) {
                    case 1 -> utf8[i] = in.readUTF();
                    case 3, 4 -> in.readInt();
                    case 5, 6 -> {
                        in.readLong();
                        i++;
                    }
                    case 7, 8, 16, 19, 20 -> references[i][0] = in.readUnsignedShort();
                    case 15 -> in.skipNBytes(3);
                    default -> {
                        references[i][0] = in.readUnsignedShort();
                        references[i][1] = in.readUnsignedShort();
                    }
                }
            }
        }

        List<String> strings() {
            return Arrays.stream(utf8).filter(s -> s != null).collect(Collectors.toList());
        }

        /** Name and descriptor of each method of a class that is called. */
        Set<String> methodsOf(final String owner) {
            final Set<String> methods = new TreeSet<>();
            for (int i = 1; i < tags.length; i++) {
                if (tags[i] == 10 && utf8[references[references[i][0]][0]].equals(owner)) {
                    final int[] nameAndType = references[references[i][1]];
                    methods.add(utf8[nameAndType[0]] + utf8[nameAndType[1]]);
                }
            }
            return methods;
        }
    }
}
