/**
 * Internal. Who has which page frame: zones, the buddy allocator, the LRU lists, and the model's memory as a whole.
 *
 * <p>{@link org.gup.zone.PhysicalMemory} owns everything off-heap of one model and is the only thing to be closed.
 *
 * <pre>
 *   allocPages --&gt; PageAllocator --&gt; Zone --&gt; BuddyAllocator (FreeLists, Frontier, FallbackStealing)
 *   last put   --&gt; PageFreeing   --&gt; Lruvec, Zone, HugetlbPool
 *   faults     --&gt; Lruvec        --&gt; Pagevecs of the CPU --&gt; LruLists
 *   swap       --&gt; SwapArea
 *   cma        --&gt; PageIsolation --&gt; Zone
 * </pre>
 *
 * <p>Locks, in the order they are taken: a CPU's pagevec lock, the lru lock or the hugetlb pool's monitor, a zone's lock.
 * No two zones' locks at once. What is reachable without a lock: {@code _refcount} and flags, see {@code org.gup.page}.
 *
 * <p>Departures from v5.2:
 * <ul>
 *   <li>One node. No per-CPU page lists in front of the buddy allocator, so that a freed page merges at once and a
 *       movable request gets a CMA page only when its zone has no other.
 *   <li>No watermarks, no reclaim, no compaction: an allocation succeeds or fails at once. HIGHATOMIC is not used.
 *   <li>The buddy lists take in memory by blocks of 1024 pages, ascending, when they run dry, much as with
 *       CONFIG_DEFERRED_STRUCT_PAGE_INIT; which block is allocated when is the same as if all had been listed.
 *   <li>Without GFP_COMP a block comes split, one reference for each page, so that it goes back page by page.
 *   <li>The {@code struct page} of a page-table frame stays all zero: setting PG_table on the whole window would touch
 *       all of it, and a count of 0 already keeps everybody from taking or dropping a reference to it.
 *   <li>Free pages of an isolated pageblock count as free.
 * </ul>
 */
@NullMarked
package org.gup.zone;

import org.jspecify.annotations.NullMarked;
