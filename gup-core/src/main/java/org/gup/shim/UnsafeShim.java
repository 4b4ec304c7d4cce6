package org.gup.shim;

import org.agrona.UnsafeApi;
import org.jspecify.annotations.Nullable;

/**
 * What rewritten classes call in place of {@link UnsafeApi}: the same static methods, each of which does what it did and
 * tells the calling thread's {@link AccessObserver}, if it has one, before and after.
 *
 * <p>The names and signatures are {@code UnsafeApi}'s; a test holds the two together. Memory that is
 * allocated is noted for {@link Allocations}, observer or not.
 */
public final class UnsafeShim {
    private static final ThreadLocal<@Nullable AccessObserver> OBSERVER = new ThreadLocal<>();

    private UnsafeShim() {}

    /** The calling thread's observer. */
    static @Nullable AccessObserver observer() {
        return OBSERVER.get();
    }

    /** Gives the calling thread an observer, or takes it away. */
    static void observe(final @Nullable AccessObserver observer) {
        OBSERVER.set(observer);
    }

    private static @Nullable AccessObserver before(
            final AccessKind kind, final @Nullable Object base, final long address, final long bytes) {
        final AccessObserver observer = OBSERVER.get();
        if (observer != null) {
            observer.before(kind, base, address, bytes);
        }
        return observer;
    }

    private static void after(
            final @Nullable AccessObserver observer,
            final AccessKind kind,
            final @Nullable Object base,
            final long address,
            final long bytes) {
        if (observer != null) {
            observer.after(kind, base, address, bytes);
        }
    }

    public static long allocateMemory(final long bytes) {
        final long address = UnsafeApi.allocateMemory(bytes);
        Allocations.allocated(address, bytes);
        return address;
    }

    public static void freeMemory(final long address) {
        Allocations.freed(address);
        UnsafeApi.freeMemory(address);
    }

    public static int arrayBaseOffset(final Class<?> arrayClass) {
        return UnsafeApi.arrayBaseOffset(arrayClass);
    }

    public static int arrayIndexScale(final Class<?> arrayClass) {
        return UnsafeApi.arrayIndexScale(arrayClass);
    }

    public static int getInt(final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_PLAIN, null, address, Integer.BYTES);
        final int result = UnsafeApi.getInt(address);
        after(observer, AccessKind.LOAD_PLAIN, null, address, Integer.BYTES);
        return result;
    }

    public static void putInt(final long address, final int value) {
        final AccessObserver observer = before(AccessKind.STORE_PLAIN, null, address, Integer.BYTES);
        UnsafeApi.putInt(address, value);
        after(observer, AccessKind.STORE_PLAIN, null, address, Integer.BYTES);
    }

    public static int getInt(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_PLAIN, base, address, Integer.BYTES);
        final int result = UnsafeApi.getInt(base, address);
        after(observer, AccessKind.LOAD_PLAIN, base, address, Integer.BYTES);
        return result;
    }

    public static int getIntOpaque(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_OPAQUE, base, address, Integer.BYTES);
        final int result = UnsafeApi.getIntOpaque(base, address);
        after(observer, AccessKind.LOAD_OPAQUE, base, address, Integer.BYTES);
        return result;
    }

    public static int getIntAcquire(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_ACQUIRE, base, address, Integer.BYTES);
        final int result = UnsafeApi.getIntAcquire(base, address);
        after(observer, AccessKind.LOAD_ACQUIRE, base, address, Integer.BYTES);
        return result;
    }

    public static int getIntVolatile(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_VOLATILE, base, address, Integer.BYTES);
        final int result = UnsafeApi.getIntVolatile(base, address);
        after(observer, AccessKind.LOAD_VOLATILE, base, address, Integer.BYTES);
        return result;
    }

    public static void putInt(final @Nullable Object base, final long address, final int value) {
        final AccessObserver observer = before(AccessKind.STORE_PLAIN, base, address, Integer.BYTES);
        UnsafeApi.putInt(base, address, value);
        after(observer, AccessKind.STORE_PLAIN, base, address, Integer.BYTES);
    }

    public static void putIntOpaque(final @Nullable Object base, final long address, final int value) {
        final AccessObserver observer = before(AccessKind.STORE_OPAQUE, base, address, Integer.BYTES);
        UnsafeApi.putIntOpaque(base, address, value);
        after(observer, AccessKind.STORE_OPAQUE, base, address, Integer.BYTES);
    }

    public static void putIntRelease(final @Nullable Object base, final long address, final int value) {
        final AccessObserver observer = before(AccessKind.STORE_RELEASE, base, address, Integer.BYTES);
        UnsafeApi.putIntRelease(base, address, value);
        after(observer, AccessKind.STORE_RELEASE, base, address, Integer.BYTES);
    }

    public static void putIntVolatile(final @Nullable Object base, final long address, final int value) {
        final AccessObserver observer = before(AccessKind.STORE_VOLATILE, base, address, Integer.BYTES);
        UnsafeApi.putIntVolatile(base, address, value);
        after(observer, AccessKind.STORE_VOLATILE, base, address, Integer.BYTES);
    }

    public static boolean compareAndSetInt(
            final @Nullable Object base, final long address, final int expected, final int value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final boolean result = UnsafeApi.compareAndSetInt(base, address, expected, value);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static int compareAndExchangeInt(
            final @Nullable Object base, final long address, final int expected, final int value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final int result = UnsafeApi.compareAndExchangeInt(base, address, expected, value);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static boolean weakCompareAndSetInt(
            final @Nullable Object base, final long address, final int expected, final int value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final boolean result = UnsafeApi.weakCompareAndSetInt(base, address, expected, value);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static int getAndAddInt(final @Nullable Object base, final long address, final int delta) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final int result = UnsafeApi.getAndAddInt(base, address, delta);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static int getAndSetInt(final @Nullable Object base, final long address, final int value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final int result = UnsafeApi.getAndSetInt(base, address, value);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static int getAndBitwiseOrInt(final @Nullable Object base, final long address, final int mask) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final int result = UnsafeApi.getAndBitwiseOrInt(base, address, mask);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static int getAndBitwiseAndInt(final @Nullable Object base, final long address, final int mask) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final int result = UnsafeApi.getAndBitwiseAndInt(base, address, mask);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static int getAndBitwiseXorInt(final @Nullable Object base, final long address, final int mask) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Integer.BYTES);
        final int result = UnsafeApi.getAndBitwiseXorInt(base, address, mask);
        after(observer, AccessKind.RMW, base, address, Integer.BYTES);
        return result;
    }

    public static long getLong(final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_PLAIN, null, address, Long.BYTES);
        final long result = UnsafeApi.getLong(address);
        after(observer, AccessKind.LOAD_PLAIN, null, address, Long.BYTES);
        return result;
    }

    public static void putLong(final long address, final long value) {
        final AccessObserver observer = before(AccessKind.STORE_PLAIN, null, address, Long.BYTES);
        UnsafeApi.putLong(address, value);
        after(observer, AccessKind.STORE_PLAIN, null, address, Long.BYTES);
    }

    public static long getLong(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_PLAIN, base, address, Long.BYTES);
        final long result = UnsafeApi.getLong(base, address);
        after(observer, AccessKind.LOAD_PLAIN, base, address, Long.BYTES);
        return result;
    }

    public static long getLongOpaque(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_OPAQUE, base, address, Long.BYTES);
        final long result = UnsafeApi.getLongOpaque(base, address);
        after(observer, AccessKind.LOAD_OPAQUE, base, address, Long.BYTES);
        return result;
    }

    public static long getLongAcquire(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_ACQUIRE, base, address, Long.BYTES);
        final long result = UnsafeApi.getLongAcquire(base, address);
        after(observer, AccessKind.LOAD_ACQUIRE, base, address, Long.BYTES);
        return result;
    }

    public static long getLongVolatile(final @Nullable Object base, final long address) {
        final AccessObserver observer = before(AccessKind.LOAD_VOLATILE, base, address, Long.BYTES);
        final long result = UnsafeApi.getLongVolatile(base, address);
        after(observer, AccessKind.LOAD_VOLATILE, base, address, Long.BYTES);
        return result;
    }

    public static void putLong(final @Nullable Object base, final long address, final long value) {
        final AccessObserver observer = before(AccessKind.STORE_PLAIN, base, address, Long.BYTES);
        UnsafeApi.putLong(base, address, value);
        after(observer, AccessKind.STORE_PLAIN, base, address, Long.BYTES);
    }

    public static void putLongOpaque(final @Nullable Object base, final long address, final long value) {
        final AccessObserver observer = before(AccessKind.STORE_OPAQUE, base, address, Long.BYTES);
        UnsafeApi.putLongOpaque(base, address, value);
        after(observer, AccessKind.STORE_OPAQUE, base, address, Long.BYTES);
    }

    public static void putLongRelease(final @Nullable Object base, final long address, final long value) {
        final AccessObserver observer = before(AccessKind.STORE_RELEASE, base, address, Long.BYTES);
        UnsafeApi.putLongRelease(base, address, value);
        after(observer, AccessKind.STORE_RELEASE, base, address, Long.BYTES);
    }

    public static void putLongVolatile(final @Nullable Object base, final long address, final long value) {
        final AccessObserver observer = before(AccessKind.STORE_VOLATILE, base, address, Long.BYTES);
        UnsafeApi.putLongVolatile(base, address, value);
        after(observer, AccessKind.STORE_VOLATILE, base, address, Long.BYTES);
    }

    public static boolean compareAndSetLong(
            final @Nullable Object base, final long address, final long expected, final long value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final boolean result = UnsafeApi.compareAndSetLong(base, address, expected, value);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static long compareAndExchangeLong(
            final @Nullable Object base, final long address, final long expected, final long value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final long result = UnsafeApi.compareAndExchangeLong(base, address, expected, value);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static boolean weakCompareAndSetLong(
            final @Nullable Object base, final long address, final long expected, final long value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final boolean result = UnsafeApi.weakCompareAndSetLong(base, address, expected, value);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static long getAndAddLong(final @Nullable Object base, final long address, final long delta) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final long result = UnsafeApi.getAndAddLong(base, address, delta);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static long getAndSetLong(final @Nullable Object base, final long address, final long value) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final long result = UnsafeApi.getAndSetLong(base, address, value);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static long getAndBitwiseOrLong(final @Nullable Object base, final long address, final long mask) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final long result = UnsafeApi.getAndBitwiseOrLong(base, address, mask);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static long getAndBitwiseAndLong(final @Nullable Object base, final long address, final long mask) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final long result = UnsafeApi.getAndBitwiseAndLong(base, address, mask);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static long getAndBitwiseXorLong(final @Nullable Object base, final long address, final long mask) {
        final AccessObserver observer = before(AccessKind.RMW, base, address, Long.BYTES);
        final long result = UnsafeApi.getAndBitwiseXorLong(base, address, mask);
        after(observer, AccessKind.RMW, base, address, Long.BYTES);
        return result;
    }

    public static void setMemory(final long address, final long bytes, final byte value) {
        final AccessObserver observer = before(AccessKind.FILL, null, address, bytes);
        UnsafeApi.setMemory(address, bytes, value);
        after(observer, AccessKind.FILL, null, address, bytes);
    }

    public static void setMemory(final @Nullable Object base, final long address, final long bytes, final byte value) {
        final AccessObserver observer = before(AccessKind.FILL, base, address, bytes);
        UnsafeApi.setMemory(base, address, bytes, value);
        after(observer, AccessKind.FILL, base, address, bytes);
    }

    public static void copyMemory(final long from, final long to, final long bytes) {
        final AccessObserver observer = before(AccessKind.COPY, null, to, bytes);
        UnsafeApi.copyMemory(from, to, bytes);
        after(observer, AccessKind.COPY, null, to, bytes);
    }

    public static void copyMemory(
            final @Nullable Object fromBase,
            final long from,
            final @Nullable Object toBase,
            final long to,
            final long bytes) {
        final AccessObserver observer = before(AccessKind.COPY, toBase, to, bytes);
        UnsafeApi.copyMemory(fromBase, from, toBase, to, bytes);
        after(observer, AccessKind.COPY, toBase, to, bytes);
    }

    public static void fullFence() {
        final AccessObserver observer = before(AccessKind.FENCE, null, 0, 0);
        UnsafeApi.fullFence();
        after(observer, AccessKind.FENCE, null, 0, 0);
    }

    public static void loadFence() {
        final AccessObserver observer = before(AccessKind.FENCE, null, 0, 0);
        UnsafeApi.loadFence();
        after(observer, AccessKind.FENCE, null, 0, 0);
    }

    public static void storeFence() {
        final AccessObserver observer = before(AccessKind.FENCE, null, 0, 0);
        UnsafeApi.storeFence();
        after(observer, AccessKind.FENCE, null, 0, 0);
    }

    public static void loadLoadFence() {
        final AccessObserver observer = before(AccessKind.FENCE, null, 0, 0);
        UnsafeApi.loadLoadFence();
        after(observer, AccessKind.FENCE, null, 0, 0);
    }

    public static void storeStoreFence() {
        final AccessObserver observer = before(AccessKind.FENCE, null, 0, 0);
        UnsafeApi.storeStoreFence();
        after(observer, AccessKind.FENCE, null, 0, 0);
    }
}
