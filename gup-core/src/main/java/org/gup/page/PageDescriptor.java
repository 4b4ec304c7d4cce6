package org.gup.page;

import org.agrona.UnsafeApi;
import org.gup.offheap.Checks;

/**
 * Layout of {@code struct page}: a hot record that every walk touches, and a cold one in a parallel array.
 *
 * <pre>
 *   hot, 16 bytes, four to a cache line
 *    0            4            8                       16
 *   +------------+------------+-----------------------+
 *   | _refcount  |   flags    |     compound_head     |   bit 0 of compound_head: this is a tail page;
 *   +------------+------------+-----------------------+   the other bits: pfn of the head, shifted left by 1
 *
 *   cold, 48 bytes
 *    0       4       8          12      16        24      32        40                 44     48
 *   +-------+-------+----------+-------+---------+-------+---------+------------------+------+
 *   | next  | prev  | mapcount | order | mapping | index | private | compound mapcount| lock |
 *   +-------+-------+----------+-------+---------+-------+---------+------------------+------+
 * </pre>
 *
 * <p>Zero memory is a valid free page: both map counts are stored as the number of mappings (the kernel's
 * {@code _mapcount} is one less), and pfn 0, which no list ever holds, ends a list.
 *
 * <p>{@code _refcount}: 0 free or frozen; positive, the number of references; negative, overflown: no more references are
 * given. Static accessors take the address of a record and carry the access mode in their name.
 */
public final class PageDescriptor {
    /** Bytes of a hot record, as a shift. */
    public static final int HOT_SHIFT = 4;
    /** Bytes of a hot record. */
    public static final int HOT_LENGTH = 1 << HOT_SHIFT;
    /** Byte offset of {@code _refcount}, an int. */
    public static final int REFCOUNT_OFFSET = 0;
    /** Byte offset of {@code flags}, an int. */
    public static final int FLAGS_OFFSET = REFCOUNT_OFFSET + Integer.BYTES;
    /** Byte offset of {@code compound_head}, a long. */
    public static final int COMPOUND_HEAD_OFFSET = FLAGS_OFFSET + Integer.BYTES;

    /** Byte offset of the next page of the list, an int pfn. */
    public static final int NEXT_OFFSET = 0;
    /** Byte offset of the previous page of the list, an int pfn. */
    public static final int PREV_OFFSET = NEXT_OFFSET + Integer.BYTES;
    /** Byte offset of the number of PTE mappings, an int. */
    public static final int MAPCOUNT_OFFSET = PREV_OFFSET + Integer.BYTES;
    /** Byte offset of the order: of a compound page in its head, of a free block in its first page; an int. */
    public static final int ORDER_OFFSET = MAPCOUNT_OFFSET + Integer.BYTES;
    /** Byte offset of the identity of what the page belongs to (anonymous or file), a long. */
    public static final int MAPPING_OFFSET = ORDER_OFFSET + Integer.BYTES;
    /** Byte offset of the page's index within its mapping, in pages, a long. */
    public static final int INDEX_OFFSET = MAPPING_OFFSET + Long.BYTES;
    /** Byte offset of the owner's private word, a long. */
    public static final int PRIVATE_OFFSET = INDEX_OFFSET + Long.BYTES;
    /** Byte offset of the number of mappings of the compound page as a whole, an int, in its head. */
    public static final int COMPOUND_MAPCOUNT_OFFSET = PRIVATE_OFFSET + Long.BYTES;
    /** Byte offset of the page-table lock of a page that is a table, an int. */
    public static final int PTL_OFFSET = COMPOUND_MAPCOUNT_OFFSET + Integer.BYTES;
    /** Bytes of a cold record. */
    public static final int COLD_LENGTH = PTL_OFFSET + Integer.BYTES;

    /** The page lock. */
    public static final int PG_LOCKED = 1;
    /** Used recently: set by a walk that took a reference. */
    public static final int PG_REFERENCED = 1 << 1;
    /** Contents are valid. */
    public static final int PG_UPTODATE = 1 << 2;
    /** Contents are newer than the backing store. */
    public static final int PG_DIRTY = 1 << 3;
    /** On an LRU list. */
    public static final int PG_LRU = 1 << 4;
    /** On the active LRU list, or meant for it. */
    public static final int PG_ACTIVE = 1 << 5;
    /** Head of a compound page. */
    public static final int PG_HEAD = 1 << 6;
    /** Backed by swap. */
    public static final int PG_SWAPBACKED = 1 << 7;
    /** Never given to anybody. */
    public static final int PG_RESERVED = 1 << 8;
    /** First page of a free block in the buddy allocator. */
    public static final int PG_BUDDY = 1 << 9;
    /** Belongs to an anonymous mapping. */
    public static final int PG_ANON = 1 << 10;
    /** Is a page table. */
    public static final int PG_TABLE = 1 << 11;
    /** Waits on a CPU's pagevec, which holds a reference. */
    public static final int PG_PAGEVEC = 1 << 12;
    /** Locked into memory. */
    public static final int PG_MLOCKED = 1 << 13;
    /** Belongs to a device. */
    public static final int PG_DEVICE = 1 << 14;
    /** In the swap cache; {@code private} is its slot. */
    public static final int PG_SWAPCACHE = 1 << 15;
    /** Being written to its backing store. */
    public static final int PG_WRITEBACK = 1 << 16;
    /** Not to be reclaimed: on the unevictable list, or meant for it. */
    public static final int PG_UNEVICTABLE = 1 << 17;
    /** Its memory is faulty. */
    public static final int PG_HWPOISON = 1 << 18;
    /** Head of a hugetlb page. Models {@code PageHuge()}. */
    public static final int PG_HUGETLB = 1 << 19;
    /** A hugetlb page in use and not isolated. Models {@code page_huge_active()}. */
    public static final int PG_HUGE_ACTIVE = 1 << 20;
    /** One page for several with the same contents. Models {@code PageKsm()}; with PG_ANON. */
    public static final int PG_KSM = 1 << 21;
    /** The file system keeps something about it, and one reference. Models {@code PagePrivate()}. */
    public static final int PG_PRIVATE = 1 << 22;

    private static final long TAIL_BIT = 1;

    private PageDescriptor() {}

    /**
     * Address of the hot record of a pfn.
     *
     * @param hotBase address of the hot record of pfn 0
     * @param pfn a page frame number
     * @return the address
     */
    public static long page(final long hotBase, final long pfn) {
        return hotBase + (pfn << HOT_SHIFT);
    }

    /**
     * The flags, opaque.
     *
     * @param page address of a hot record
     * @return the {@code PG_*} bits
     */
    public static int flagsOpaque(final long page) {
        if (Checks.ENABLED) {
            Checks.access(page, HOT_LENGTH);
        }
        return UnsafeApi.getIntOpaque(null, page + FLAGS_OFFSET);
    }

    /**
     * The flags, volatile.
     *
     * @param page address of a hot record
     * @return the {@code PG_*} bits
     */
    public static int flagsVolatile(final long page) {
        if (Checks.ENABLED) {
            Checks.access(page, HOT_LENGTH);
        }
        return UnsafeApi.getIntVolatile(null, page + FLAGS_OFFSET);
    }

    /**
     * Sets flags atomically, volatile.
     *
     * @param page address of a hot record
     * @param bits {@code PG_*} bits to set
     * @return the flags before
     */
    public static int setFlags(final long page, final int bits) {
        if (Checks.ENABLED) {
            Checks.access(page, HOT_LENGTH);
        }
        return UnsafeApi.getAndBitwiseOrInt(null, page + FLAGS_OFFSET, bits);
    }

    /**
     * Clears flags atomically, volatile.
     *
     * @param page address of a hot record
     * @param bits {@code PG_*} bits to clear
     * @return the flags before
     */
    public static int clearFlags(final long page, final int bits) {
        if (Checks.ENABLED) {
            Checks.access(page, HOT_LENGTH);
        }
        return UnsafeApi.getAndBitwiseAndInt(null, page + FLAGS_OFFSET, ~bits);
    }

    /**
     * The {@code compound_head} word, acquire; pairs with the release in {@link #makeTail}.
     *
     * @param page address of a hot record
     * @return the word; see {@link #isTail}
     */
    public static long compoundHeadAcquire(final long page) {
        if (Checks.ENABLED) {
            Checks.access(page, HOT_LENGTH);
        }
        return UnsafeApi.getLongAcquire(null, page + COMPOUND_HEAD_OFFSET);
    }

    /**
     * Whether a {@code compound_head} word says tail.
     *
     * @param compoundHead the word
     * @return true for a tail page
     */
    public static boolean isTail(final long compoundHead) {
        return (compoundHead & TAIL_BIT) != 0;
    }

    /**
     * The head that a tail's {@code compound_head} word names.
     *
     * @param compoundHead a word for which {@link #isTail} holds
     * @return pfn of the head
     */
    public static long headPfn(final long compoundHead) {
        return compoundHead >>> 1;
    }

    static void makeTail(final long page, final long headPfn) {
        if (Checks.ENABLED) {
            Checks.access(page, HOT_LENGTH);
        }
        UnsafeApi.putLongRelease(null, page + COMPOUND_HEAD_OFFSET, headPfn << 1 | TAIL_BIT);
    }

    static void clearTail(final long page) {
        if (Checks.ENABLED) {
            Checks.access(page, HOT_LENGTH);
        }
        UnsafeApi.putLongRelease(null, page + COMPOUND_HEAD_OFFSET, 0L);
    }

    /**
     * An int of a cold record, plain: for words guarded by a lock.
     *
     * @param cold address of a cold record
     * @param offset byte offset of the field
     * @return its value
     */
    public static int coldInt(final long cold, final int offset) {
        if (Checks.ENABLED) {
            Checks.access(cold, COLD_LENGTH);
        }
        return UnsafeApi.getInt(null, cold + offset);
    }

    /**
     * Stores an int of a cold record, plain: for words guarded by a lock.
     *
     * @param cold address of a cold record
     * @param offset byte offset of the field
     * @param value the new value
     */
    public static void coldInt(final long cold, final int offset, final int value) {
        if (Checks.ENABLED) {
            Checks.access(cold, COLD_LENGTH);
        }
        UnsafeApi.putInt(null, cold + offset, value);
    }

    /**
     * A long of a cold record, plain: for words guarded by a lock.
     *
     * @param cold address of a cold record
     * @param offset byte offset of the field
     * @return its value
     */
    public static long coldLong(final long cold, final int offset) {
        if (Checks.ENABLED) {
            Checks.access(cold, COLD_LENGTH);
        }
        return UnsafeApi.getLong(null, cold + offset);
    }

    /**
     * Stores a long of a cold record, plain: for words guarded by a lock.
     *
     * @param cold address of a cold record
     * @param offset byte offset of the field
     * @param value the new value
     */
    public static void coldLong(final long cold, final int offset, final long value) {
        if (Checks.ENABLED) {
            Checks.access(cold, COLD_LENGTH);
        }
        UnsafeApi.putLong(null, cold + offset, value);
    }

    /**
     * An int of a cold record, volatile.
     *
     * @param cold address of a cold record
     * @param offset byte offset of the field
     * @return its value
     */
    public static int coldIntVolatile(final long cold, final int offset) {
        if (Checks.ENABLED) {
            Checks.access(cold, COLD_LENGTH);
        }
        return UnsafeApi.getIntVolatile(null, cold + offset);
    }

    /**
     * Adds to an int of a cold record, volatile.
     *
     * @param cold address of a cold record
     * @param offset byte offset of the field
     * @param delta what to add
     * @return the value before
     */
    public static int coldIntGetAndAdd(final long cold, final int offset, final int delta) {
        if (Checks.ENABLED) {
            Checks.access(cold, COLD_LENGTH);
        }
        return UnsafeApi.getAndAddInt(null, cold + offset, delta);
    }
}
