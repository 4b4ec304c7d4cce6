package org.gup.mm;

import org.gup.offheap.Await;
import org.gup.pgtable.WalkRoot;
import org.gup.rmap.Rmap;
import org.gup.zone.PhysicalMemory;

/** What an address space is made of, and how its parts know each other. */
final class MmParts {
    final MmStruct mm;
    final Rmap rmap;
    final PageTables pageTables;
    final AnonPages pages;
    final VmaIndex index;
    final AnonIdentity identity;
    final MergedPages mergedPages;
    final ProtectionKeys protectionKeys = new ProtectionKeys();
    final Userfault userfault;
    final SplitHugePmd splitter;
    final SplitHugePage pageSplitter;
    final AnonFault anonFault;
    final FaultHandler faultHandler;
    final StackGrowth stackGrowth;
    final VmaEdit edit;
    final LockedMappings lockedMappings;
    final UnmapCalls unmapCalls;
    final MapCalls mapCalls;
    final ProtectCalls protectCalls;
    final Mremap mremap;

    MmParts(final MmStruct mm, final PhysicalMemory memory, final WalkRoot root, final long spinLock) {
        final Await await = memory.await();
        final RmapOwners owners = new RmapOwners(memory.rmap(), new RmapView(this));
        this.mm = mm;
        this.rmap = memory.rmap();
        this.pageTables = new PageTables(memory, root);
        this.pages = new AnonPages(memory);
        this.index = new VmaIndex(rmap, owners);
        this.identity = new AnonIdentity(index, owners);
        this.mergedPages = new MergedPages(rmap, owners);
        this.userfault = new Userfault(mm);
        this.splitter = new SplitHugePmd(pageTables, pages);
        this.pageSplitter = new SplitHugePage(memory, pageTables, pages, splitter);
        this.anonFault = new AnonFault(pageTables, pages, identity, userfault);
        this.faultHandler = new FaultHandler(
                mm,
                pageTables,
                pages,
                anonFault,
                new HugeFault(pageTables, pages, identity, splitter, userfault),
                new SwapFault(mm, pageTables, pages, identity, anonFault),
                new MigrationWait(pageTables, pages),
                splitter);
        this.stackGrowth = new StackGrowth(index, identity, rmap, spinLock, await);
        this.edit = new VmaEdit(index, splitter);
        this.lockedMappings = new LockedMappings(this);
        this.unmapCalls = new UnmapCalls(this);
        this.mapCalls = new MapCalls(this);
        this.protectCalls = new ProtectCalls(this);
        this.mremap = new Mremap(this);
    }
}
