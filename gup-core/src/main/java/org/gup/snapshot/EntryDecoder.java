package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.P4D_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;

import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.jspecify.annotations.Nullable;

/** Says what an entry of a dumped table is, and whether Linux can have made it. */
final class EntryDecoder {
    private static final int SWAP_TYPES = 32;
    /** What an entry that points to a table must have, may have, and at the top level may have as well (PTI). */
    private static final long TABLE_NEEDED = Pte.PRESENT | Pte.RW | Pte.USER;

    private static final long TABLE_ALLOWED = Pte.TABLE | Pte.PFN_MASK;
    private static final long TABLE_ALLOWED_AT_TOP = TABLE_ALLOWED | Pte.NX;
    /** Zero in swap format, so that a PMD in it is neither PROTNONE nor huge. */
    private static final long SWAP_FORBIDDEN = Pte.PROTNONE | Pte.PSE;

    private final PteLayout layout;
    private final int topLevel;
    private final int firstSpecialSwapType;
    private final long swapPfnMask;

    EntryDecoder(final PteLayout layout, final PageTableGeometry geometry) {
        this.layout = layout;
        this.topLevel = geometry.levels();
        int type = 0;
        while (type < SWAP_TYPES - 1 && !layout.isHwpoison(Pte.swapEntry(type, 0))) {
            type++;
        }
        this.firstSpecialSwapType = type;
        this.swapPfnMask = swapPfnMask(layout, geometry);
    }

    /**
     * Newer kernels keep an accessed and a dirty bit above the pfn of a migration entry. Models {@code SWP_PFN_BITS}: bits
     * of a physical address less those of a page.
     */
    private static long swapPfnMask(final PteLayout layout, final PageTableGeometry geometry) {
        if (layout == PteLayout.V5_2) {
            return -1L;
        }
        final int physicalBits = geometry == PageTableGeometry.FIVE_LEVEL ? 52 : 46;
        return (1L << (physicalBits - PageTableGeometry.PAGE_SHIFT)) - 1;
    }

    /** Whether an entry, not of level 1, points to a table. */
    static boolean isTable(final long entry, final int level) {
        return level > PTE_LEVEL && Pte.isHardwarePresent(entry) && (level > PUD_LEVEL || !Pte.isHuge(entry));
    }

    /** What an entry is that has no {@link #problem} and is no table. */
    LeafKind kind(final long entry, final int level) {
        if (Pte.isNone(entry)) {
            return LeafKind.NONE;
        }
        if (Pte.isHardwarePresent(entry)) {
            return LeafKind.PRESENT;
        }
        if (Pte.isProtnone(entry)) {
            return LeafKind.PROTNONE;
        }
        if (level > PTE_LEVEL && Pte.isHuge(entry)) {
            return LeafKind.SPLITTING;
        }
        if (layout.isMigration(entry)) {
            return LeafKind.MIGRATION;
        }
        if (layout.isHwpoison(entry)) {
            return LeafKind.HWPOISON;
        }
        return Pte.swapType(entry) < firstSpecialSwapType ? LeafKind.SWAP : LeafKind.OTHER_SWAP_TYPE;
    }

    /** The leaf that an entry is; it has no {@link #problem}, is no table and not empty. */
    DumpedLeaf leaf(final long address, final int level, final long entry) {
        final LeafKind kind = kind(entry, level);
        final long pfn = switch (kind) {
            case PRESENT, PROTNONE, SPLITTING -> level == PTE_LEVEL ? Pte.pfn(entry) : Pte.hugePfn(entry, level);
            case MIGRATION, HWPOISON -> Pte.swapOffset(entry) & swapPfnMask;
            case SWAP, OTHER_SWAP_TYPE, NONE -> -1;
        };
        final boolean device = kind.hasFrame() && layout.isDevmap(entry);
        return new DumpedLeaf(address, pages(level), level, kind, entry, pfn, device);
    }

    /** Base pages that an entry of a level maps. */
    static long pages(final int level) {
        return 1L << ((level - 1) * PageTableGeometry.INDEX_BITS);
    }

    /** Why Linux cannot have made an entry of the user half, or null. */
    @Nullable
    String problem(final long entry, final int level) {
        if (Pte.isNone(entry)) {
            return null;
        }
        if (Pte.isHardwarePresent(entry)) {
            return isTable(entry, level) ? tableProblem(entry, level) : leafProblem(entry, level);
        }
        if (level >= P4D_LEVEL) {
            return "neither empty nor present at level " + level;
        }
        if (level == PTE_LEVEL) {
            if (!Pte.isProtnone(entry) && (entry & SWAP_FORBIDDEN) != 0) {
                return "not present, and not in swap format: bit 7 is set";
            }
            return null;
        }
        if (Pte.isHuge(entry)) {
            if (level == PUD_LEVEL && !Pte.isProtnone(entry)) {
                return "PSE without PRESENT and PROTNONE at level 3";
            }
            return leafProblem(entry, level);
        }
        return Pte.isProtnone(entry) ? "PROTNONE without PSE at level " + level : null;
    }

    private @Nullable String tableProblem(final long entry, final int level) {
        if (level >= P4D_LEVEL && Pte.isHuge(entry)) {
            return "PSE at level " + level + ", allowed at levels 2 and 3";
        }
        final long allowed = level == topLevel ? TABLE_ALLOWED_AT_TOP : TABLE_ALLOWED;
        if ((entry & TABLE_NEEDED) != TABLE_NEEDED || (entry & ~allowed) != 0) {
            return "not the bits of a table: got " + SnapshotException.hex(Pte.bits(entry)) + ", allowed "
                    + SnapshotException.hex(Pte.TABLE) + " with or without ACCESSED and DIRTY";
        }
        return null;
    }

    private static @Nullable String leafProblem(final long entry, final int level) {
        if (level == PTE_LEVEL) {
            return null;
        }
        if (Pte.isSpecial(entry)) {
            return "SPECIAL in a huge leaf, which v5.2 does not know";
        }
        // As stored, inverted or not: Linux masks these bits out after inverting. The lowest one is PAT.
        final long inside = (entry & Pte.PFN_MASK) >>> PageTableGeometry.PAGE_SHIFT & (pages(level) - 1);
        return (inside & ~1L) != 0
                ? "frame of a " + (level == PMD_LEVEL ? "2 MiB" : "1 GiB") + " leaf not aligned"
                : null;
    }
}
