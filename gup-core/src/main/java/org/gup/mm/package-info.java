/**
 * Address spaces: mappings, page faults, and everything that changes page tables.
 *
 * <p>Public API: {@link org.gup.mm.AddressSpaceBuilder}, and what it leads to: {@link org.gup.mm.MmStruct},
 * {@link org.gup.mm.VmArea}, {@link org.gup.mm.VmOperations}, {@link org.gup.mm.Mman}, {@link org.gup.mm.UserAccess}. The rest is
 * package-private, one mechanism per class.
 *
 * <pre>
 *   mmap, munmap         MapCalls, UnmapCalls -> AddressSearch, VmaEdit -> VmaIndex   Zap, FreePageTables -> MmuGather
 *   mprotect, madvise    ProtectCalls -> VmaEdit                                      ChangeProtection, Zap
 *   mremap, fork         Mremap -> MoveTables; Fork
 *   mlock, swap, KSM     LockedMappings; SwapOut, SwapFault; MergeIdentical; Poison, Userfault
 *   page fault           FaultHandler -> HugeFault, AnonFault -> AnonPages, AnonIdentity; SwapFault, MigrationWait
 *   of files             VmOperations: FileFault, DaxFault, DeviceDaxFault, HugetlbFault, PfnMapping
 *   reverse mapping      RmapView answers for an address space, RmapOwners says whose pages it maps
 *   all of them          PageTables (descent, locks, deposits), SplitHugePmd, SplitHugePage, PageProtection
 * </pre>
 *
 * <p>Locks, outermost first: mmap_sem; the page lock; the rmap lock; the lock of the page table that holds the entry (the PMD table's for a
 * huge PMD, a split, or hanging a table below one; then the PTE table's); the address space's own spin lock (stack growth,
 * anon identity); the pagevec's, the LRU's and the zone's. No walker takes any of them, so that a flush may wait for walkers
 * under each.
 *
 * <p>A mapping is removed in this order: the entry is cleared with {@link org.gup.pgtable.TablePages#getAndSet}, the TLB
 * flushed, the mapping's reference dropped. A table goes after its upper entry was cleared and every walker that may have
 * read it has left ({@link org.gup.tlb.MmuGather}).
 *
 * <p>Differs: the used and dirty bits of entries are set by faults only, never by an access; so no entry changes behind a
 * walker's back but by the calls and faults here, and by reverse mapping.
 */
@NullMarked
package org.gup.mm;

import org.jspecify.annotations.NullMarked;
