package org.gup.pgtable;

/**
 * What differs between kernels in the bits of an x86-64 entry: the software bits and the numbers of special swap types.
 * The hardware bits are in {@link Pte}.
 *
 * <p>Swap types assume CONFIG_MIGRATION, CONFIG_MEMORY_FAILURE and CONFIG_DEVICE_PRIVATE.
 */
public enum PteLayout {
    /** Linux 5.2: DEVMAP is bit 58. */
    V5_2(1L << 58, 0, 0, 27, 28, 29),
    /** Linux 6.12: DEVMAP is bit 57, SAVED_DIRTY bit 58, UFFD_WP bit 10. */
    V6_12(1L << 57, 1L << 58, 1L << 10, 23, 24, 26);

    private final long devmap;
    private final long savedDirty;
    private final long uffdWp;
    private final int hwpoisonType;
    private final int migrationReadType;
    private final int migrationWriteType;

    PteLayout(
            final long devmap,
            final long savedDirty,
            final long uffdWp,
            final int hwpoisonType,
            final int migrationReadType,
            final int migrationWriteType) {
        this.devmap = devmap;
        this.savedDirty = savedDirty;
        this.uffdWp = uffdWp;
        this.hwpoisonType = hwpoisonType;
        this.migrationReadType = migrationReadType;
        this.migrationWriteType = migrationWriteType;
    }

    /**
     * The bit that marks a device page. Models {@code _PAGE_DEVMAP}.
     *
     * @return one bit
     */
    public long devmap() {
        return devmap;
    }

    /**
     * The bit that keeps "dirty" of a write-protected entry. Models {@code _PAGE_SAVED_DIRTY}.
     *
     * @return one bit, or 0 where there is none
     */
    public long savedDirty() {
        return savedDirty;
    }

    /**
     * The bit of userfaultfd write protection. Models {@code _PAGE_UFFD_WP}.
     *
     * @return one bit, or 0 where there is none
     */
    public long uffdWp() {
        return uffdWp;
    }

    /**
     * Whether an entry is dirty, wherever the layout keeps that.
     *
     * @param entry a present entry
     * @return true if dirty
     */
    public boolean isDirty(final long entry) {
        return (entry & (Pte.DIRTY | savedDirty)) != 0;
    }

    /**
     * Whether a present entry is a device page. Models {@code pte_devmap()}.
     *
     * @param entry a present entry
     * @return true if it is
     */
    public boolean isDevmap(final long entry) {
        return (entry & devmap) != 0;
    }

    /**
     * Whether a swap-format entry stands for a page that is being migrated. Models {@code is_migration_entry()}.
     *
     * @param entry a non-present, non-empty entry
     * @return true if it does
     */
    public boolean isMigration(final long entry) {
        final int type = Pte.swapType(entry);
        return type >= migrationReadType && type <= migrationWriteType;
    }

    /**
     * Whether a migration entry replaces one that was writable. Models {@code is_write_migration_entry()}.
     *
     * @param entry a non-present, non-empty entry
     * @return true if it does
     */
    public boolean isMigrationWrite(final long entry) {
        return Pte.swapType(entry) == migrationWriteType;
    }

    /**
     * Whether a swap-format entry stands for a poisoned page. Models {@code is_hwpoison_entry()}.
     *
     * @param entry a non-present, non-empty entry
     * @return true if it does
     */
    public boolean isHwpoison(final long entry) {
        return Pte.swapType(entry) == hwpoisonType;
    }

    /**
     * A migration entry. Models {@code make_migration_entry()}.
     *
     * @param pfn the page that is moving
     * @param write whether the entry that it replaces was writable
     * @return the entry
     */
    public long migrationEntry(final long pfn, final boolean write) {
        return Pte.swapEntry(write ? migrationWriteType : migrationReadType, pfn);
    }

    /**
     * An entry for a poisoned page. Models {@code make_hwpoison_entry()}.
     *
     * @param pfn the page
     * @return the entry
     */
    public long hwpoisonEntry(final long pfn) {
        return Pte.swapEntry(hwpoisonType, pfn);
    }
}
