package org.gup.pgtable;

/**
 * What the fast walk needs to know of an address space, so that it needs nothing else: where the tables start and how far
 * user space reaches. Owned by the address space.
 *
 * <p>Threading: immutable but for {@link #isDead}, which its owner sets before it waits for the walkers and frees the top
 * table; a walker reads it inside the epoch, so that it either sees it or is waited for.
 */
public final class WalkRoot {
    private final PageTableGeometry geometry;
    private final PteLayout layout;
    private final long topPfn;
    private final long topTable;
    private volatile boolean dead;

    /**
     * A root.
     *
     * @param geometry levels
     * @param layout which software bits mean what
     * @param topPfn frame of the top table. Models {@code mm->pgd}
     * @param topTable address of the top table
     */
    public WalkRoot(final PageTableGeometry geometry, final PteLayout layout, final long topPfn, final long topTable) {
        this.geometry = geometry;
        this.layout = layout;
        this.topPfn = topPfn;
        this.topTable = topTable;
    }

    /**
     * Levels.
     *
     * @return the geometry
     */
    public PageTableGeometry geometry() {
        return geometry;
    }

    /**
     * Which software bits mean what.
     *
     * @return the layout
     */
    public PteLayout layout() {
        return layout;
    }

    /**
     * Frame of the top table.
     *
     * @return a pfn
     */
    public long topPfn() {
        return topPfn;
    }

    /**
     * Address of the top table.
     *
     * @return a raw address
     */
    public long topTable() {
        return topTable;
    }

    /**
     * Whether the address space is gone.
     *
     * @return true once {@link #markDead} was called
     */
    public boolean isDead() {
        return dead;
    }

    /** The address space is going: its owner now waits for the walkers and frees the tables. */
    public void markDead() {
        dead = true;
    }
}
