package org.gup.snapshot;

import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DEVICE;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PG_RESERVED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_TABLE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.pgtable.PageTableGeometry.INDEX_BITS;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;

import java.util.function.BiConsumer;
import org.gup.flags.VmFlags;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.Zone;
import org.jspecify.annotations.Nullable;

/**
 * Gives the pages of a dump their {@code struct page}: tables and device pages one reference; other pages one for each
 * entry that maps them, in the head of their compound page. Pages of zone lists are not among them.
 *
 * <p>Nobody else can reach the pages yet.
 */
final class StructPages {
    /** Order of the largest compound page: 1 GiB. */
    private static final int MAX_ORDER = (PUD_LEVEL - 1) * INDEX_BITS;

    private final PageTableDump dump;
    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final long endPfn;
    private final @Nullable PageFacts facts;

    private StructPages(
            final PageTableDump dump, final PhysicalMemory memory, final long endPfn, final @Nullable PageFacts facts) {
        this.dump = dump;
        this.memory = memory;
        this.memMap = memory.memMap();
        this.endPfn = endPfn;
        this.facts = facts;
    }

    static void setUp(
            final PageTableDump dump, final PhysicalMemory memory, final long endPfn, final @Nullable PageFacts facts) {
        new StructPages(dump, memory, endPfn, facts).setUp();
    }

    private void setUp() {
        for (int table = 0; table < dump.tables().size(); table++) {
            final long page = memMap.page(dump.tables().pfn(table));
            PageDescriptor.setFlags(page, PG_TABLE);
            PageRef.init(page, 1);
        }
        for (final DumpedDevice device : dump.devices()) {
            device(device);
        }
        // Larger ones first: a smaller leaf may map a part of a larger page. Nothing is kept between the passes, so
        // that
        // a dump needs no more memory than its tables.
        for (int level = PUD_LEVEL; level >= PTE_LEVEL; level--) {
            final int now = level;
            forEachOrdinary((leaf, vma) -> {
                if (leaf.level() == now) {
                    compound(leaf);
                }
            });
        }
        forEachOrdinary(this::count);
        if (facts != null) {
            forEachOrdinary((leaf, vma) -> countOthers(leaf, facts));
        }
    }

    private void forEachOrdinary(final BiConsumer<DumpedLeaf, DumpedVma> consumer) {
        for (final DumpedVma vma : dump.vmas()) {
            dump.leaves().forEach(vma.start(), vma.end(), leaf -> {
                if (leaf.isOrdinary()) {
                    consumer.accept(leaf, vma);
                }
            });
        }
    }

    private void device(final DumpedDevice device) {
        memory.devPagemaps().add(new DevPagemap(device.type(), device.startPfn(), device.endPfn()));
        for (long pfn = device.startPfn(); pfn < device.endPfn(); pfn++) {
            if ((pfn & (Pageblock.PAGES - 1)) == 0) {
                memMap.pageblocks().setZone(pfn, Zone.DEVICE);
                memMap.pageblocks().setMigratetype(pfn, Migratetype.MOVABLE);
            }
            PageDescriptor.setFlags(memMap.page(pfn), PG_DEVICE | PG_RESERVED);
            PageRef.init(memMap.page(pfn), 1);
        }
    }

    /** Makes the compound page that a leaf shows: itself, if it is huge; or what the facts say about a base page. */
    private void compound(final DumpedLeaf leaf) {
        if (isCompound(leaf.pfn())) {
            return;
        }
        if (leaf.level() >= PMD_LEVEL) {
            memMap.prepCompound(leaf.pfn(), (leaf.level() - 1) * INDEX_BITS);
        } else if (facts != null) {
            compoundOfBasePages(leaf.pfn(), facts);
        }
    }

    private void compoundOfBasePages(final long pfn, final PageFacts known) {
        long head = pfn;
        while (head > 0 && pfn - head < 1L << MAX_ORDER && is(known, head, PageFacts.KPF_COMPOUND_TAIL)) {
            head--;
        }
        if (!is(known, head, PageFacts.KPF_COMPOUND_HEAD)) {
            return;
        }
        long end = head + 1;
        while (end - head < 1L << MAX_ORDER && is(known, end, PageFacts.KPF_COMPOUND_TAIL)) {
            end++;
        }
        // Tails that are not mapped may be unknown: the next order up holds all that are known.
        final int order = Long.SIZE - Long.numberOfLeadingZeros(end - head - 1);
        if (order == 0 || (head & ((1L << order) - 1)) != 0 || head + (1L << order) > endPfn) {
            return;
        }
        for (long part = head; part < head + (1L << order); part++) {
            final int flags = PageDescriptor.flagsOpaque(memMap.page(part));
            if (isCompound(part) || (flags & (PG_TABLE | PG_DEVICE | PG_RESERVED)) != 0) {
                return;
            }
        }
        memMap.prepCompound(head, order);
    }

    private static boolean is(final PageFacts known, final long pfn, final long flag) {
        return (known.kpageflags(pfn) & flag) != 0;
    }

    private boolean isCompound(final long pfn) {
        final long page = memMap.page(pfn);
        return memMap.head(page) != page || (PageDescriptor.flagsOpaque(page) & PG_HEAD) != 0;
    }

    private void count(final DumpedLeaf leaf, final DumpedVma vma) {
        addMappings(leaf, 1);
        PageDescriptor.setFlags(
                memMap.head(memMap.page(leaf.pfn())),
                isAnon(leaf, vma) ? PG_ANON | PG_SWAPBACKED | PG_UPTODATE : PG_UPTODATE);
    }

    private boolean isAnon(final DumpedLeaf leaf, final DumpedVma vma) {
        final long flags = facts == null ? 0 : facts.kpageflags(leaf.pfn());
        if (flags != 0) {
            return (flags & PageFacts.KPF_ANON) != 0;
        }
        return vma.isAnonymous()
                || ((vma.vmFlags() & VmFlags.VM_SHARED) == 0
                        && !vma.mayHideFrames()
                        && (leaf.isWritable() || dump.layout().isDirty(leaf.entry())));
    }

    /** Mappings of other processes. */
    private void countOthers(final DumpedLeaf leaf, final PageFacts known) {
        final long headPfn = memMap.pfn(memMap.head(memMap.page(leaf.pfn())));
        final long seen = (long) memMap.pteMapcount(leaf.pfn()) + memMap.compoundMapcount(headPfn);
        final long all = Math.min(known.kpagecount(leaf.pfn()), Integer.MAX_VALUE / 2);
        if (all > seen) {
            addMappings(leaf, (int) (all - seen));
        }
    }

    private void addMappings(final DumpedLeaf leaf, final int mappings) {
        final long head = memMap.head(memMap.page(leaf.pfn()));
        PageRef.get(head, mappings);
        if (leaf.level() == PTE_LEVEL) {
            memMap.addPteMapcount(leaf.pfn(), mappings);
        } else {
            memMap.addCompoundMapcount(memMap.pfn(head), mappings);
        }
    }
}
