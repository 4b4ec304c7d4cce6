package org.gup.page;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Migratetype and zone of each pageblock of 512 pages. Models {@code get_pageblock_migratetype()} and the zone bits of
 * {@code page->flags}.
 *
 * <p>Threading: written under the zone's lock; read by anybody, opaque, as the kernel does: the answer may be old.
 */
public final class Pageblock {
    /** Pages of a pageblock, as a shift. */
    public static final int ORDER = 9;
    /** Pages of a pageblock. */
    public static final int PAGES = 1 << ORDER;
    /** Zone index of a block that belongs to no zone. */
    public static final int NO_ZONE = -1;

    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(byte[].class);

    private final byte[] migratetypes;
    private final byte[] zones;

    Pageblock(final long nrPages) {
        final int blocks = Math.toIntExact((nrPages + PAGES - 1) >>> ORDER);
        migratetypes = new byte[blocks];
        zones = new byte[blocks];
        Arrays.fill(migratetypes, (byte) Migratetype.UNMOVABLE);
        Arrays.fill(zones, (byte) NO_ZONE);
    }

    /**
     * The migratetype of the block around a page.
     *
     * @param pfn a page frame number inside the model
     * @return a {@link Migratetype}
     */
    public int migratetype(final long pfn) {
        return (byte) ELEMENT.getOpaque(migratetypes, (int) (pfn >>> ORDER));
    }

    /**
     * Changes the migratetype of the block around a page. Under the zone's lock.
     *
     * @param pfn a page frame number inside the model
     * @param migratetype a {@link Migratetype}
     */
    public void setMigratetype(final long pfn, final int migratetype) {
        ELEMENT.setOpaque(migratetypes, (int) (pfn >>> ORDER), (byte) migratetype);
    }

    /**
     * The zone of the block around a page.
     *
     * @param pfn a page frame number inside the model
     * @return an index, or {@link #NO_ZONE}
     */
    public int zone(final long pfn) {
        return (byte) ELEMENT.getOpaque(zones, (int) (pfn >>> ORDER));
    }

    /**
     * Puts the block around a page into a zone. Only while the model is built.
     *
     * @param pfn a page frame number inside the model
     * @param zone an index, or {@link #NO_ZONE}
     */
    public void setZone(final long pfn, final int zone) {
        ELEMENT.setOpaque(zones, (int) (pfn >>> ORDER), (byte) zone);
    }
}
