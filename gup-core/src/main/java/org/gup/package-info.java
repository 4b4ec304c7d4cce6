/**
 * The get_user_pages family of Linux 5.2 as a model: {@link org.gup.GetUserPages}. This page is the map.
 *
 * <h2>Data flow</h2>
 *
 * <pre>
 *  start, nrPages, FOLL_*   -&gt;  GetUserPages.getUserPagesFast(task, mm, ...)
 *    WalkerEpoch.enterWalk
 *    FastWalker: pgd -&gt; p4d -&gt; pud -&gt; pmd -&gt; pte                        (fast: no lock, no fault, no mapping looked at)
 *      load entry -&gt; LeafGuard: ordinary page? if not, why not?
 *      pfn -&gt; struct page -&gt; PageRef.tryGet(head) -&gt; look at the entry again: changed? put, stop
 *      pages[nr++] = pfn
 *    WalkerEpoch.exitWalk
 *    all gathered? return nr : the rest goes to
 *    SlowWalker (mmap_sem, FollowPage under page-table locks, handleMmFault)   (slow)
 *  return pages, or -errno
 * </pre>
 *
 * <h2>Packages</h2>
 *
 * <p>An arrow points to a lower rank, or stays within one without a cycle; a test holds them.
 *
 * <table>
 * <caption>Ranks</caption>
 * <tr><th>rank</th><th>package</th><th>what</th></tr>
 * <tr><td>5</td><td>snapshot</td><td>page tables dumped from running machines, walked in place</td></tr>
 * <tr><td>3</td><td>slow</td><td>the walk under mmap_sem</td></tr>
 * <tr><td>2</td><td>mm</td><td>address spaces: mappings, faults, unmapping, protection</td></tr>
 * <tr><td>1</td><td>fast</td><td>the lock-free walk; may name tlb, pgtable, page, task, stat, kernel, flags only</td></tr>
 * <tr><td>1</td><td>zone</td><td>zones, the buddy allocator, the LRU; owner of all memory</td></tr>
 * <tr><td>1</td><td>tlb</td><td>the walker epoch, and what an unmapping frees by</td></tr>
 * <tr><td>0</td><td>page, pgtable</td><td>struct page; page tables</td></tr>
 * <tr><td>0</td><td>task, stat, kernel, flags, offheap</td><td>the caller; counters; versions; numbers; memory and locks</td></tr>
 * </table>
 *
 * <h2>Access modes</h2>
 *
 * <p>A shared word is touched only through its class, and the method's name carries the mode. Every shared word:
 *
 * <table>
 * <caption>Who orders what against whom</caption>
 * <tr><th>word</th><th>writer</th><th>reader</th><th>why that is enough</th></tr>
 * <tr><td>upper entry</td><td>release, after the child table was filled</td><td>acquire, every descent</td>
 *     <td>publishes the child</td></tr>
 * <tr><td>upper entry, unlinked</td><td>exchange, then the epoch is waited for</td><td>acquire, inside the epoch</td>
 *     <td>a walk that loaded the link has left before the child is reused</td></tr>
 * <tr><td>leaf entry, set</td><td>release, after {@code struct page} is ready</td><td>acquire, first look</td>
 *     <td>publishes {@code struct page}</td></tr>
 * <tr><td>leaf entry, cleared</td><td>exchange, before the count is compared or the reference dropped</td>
 *     <td>volatile, second look, after the reference was taken</td>
 *     <td>a Dekker pair: at least one side sees the other. Release and acquire lose races here</td></tr>
 * <tr><td>{@code _refcount}</td><td>compare-and-set; a freeze is one from the expected value to 0</td>
 *     <td>compare-and-set; a comparison is volatile, after the clear</td><td>the other half of that pair</td></tr>
 * <tr><td>{@code compound_head}</td><td>release, while nobody holds the page</td><td>acquire</td>
 *     <td>a tail has no count of its own, and a split waits for the walkers of the moment before tails become heads</td></tr>
 * <tr><td>{@code flags}</td><td>atomic or, atomic and</td><td>opaque as a hint; the page lock by its atomic or</td>
 *     <td>bits are independent</td></tr>
 * <tr><td>map counts</td><td>atomic add</td><td>volatile</td><td>changed under page-table locks of different tables</td></tr>
 * <tr><td>walk word of a walker slot</td><td>volatile store in, release store out</td><td>volatile, by who waits</td>
 *     <td>in: a Dekker pair with unlinking; out: the walk's loads come before</td></tr>
 * <tr><td>call word of a walker slot</td><td>volatile store in, release store out</td><td>volatile, by close</td>
 *     <td>a Dekker pair with the closed flag</td></tr>
 * <tr><td>lock words</td><td>compare-and-set in, release store or atomic out</td><td>volatile</td><td>mutual exclusion</td></tr>
 * <tr><td>migratetype of a pageblock</td><td>opaque, under the zone's lock</td><td>opaque</td>
 *     <td>an old answer is allowed, as in the kernel</td></tr>
 * </table>
 *
 * <p>Locks nest in this order: {@code mmap_sem}, page-table lock (upper table before lower), LRU lock, zone lock. All of them
 * are words behind {@link org.gup.offheap.Await}.
 *
 * <h2>Departures from Linux 5.2</h2>
 *
 * <ul>
 * <li>FOLL_LONGTERM is accepted by the two calls that take it, and works as on a kernel without CONFIG_CMA and
 *     CONFIG_FS_DAX: nothing is migrated, no mapping is tested for DAX.
 * <li>What can be mapped: private anonymous memory, small and huge, and what a dump holds. No files, hugetlb faults, swap,
 *     fork, or gate area.
 * <li>{@code PG_referenced} is tested before it is set: setting it unconditionally would be a second locked operation per
 *     page (twice the cost of the walk).
 * <li>A clear does not wait for walkers, the freeing of a table does; {@link org.gup.tlb.TlbSync#IPI_WAIT} makes every flush
 *     wait, as native x86 does.
 * <li>Accessed and dirty bits are set by faults and by FOLL_TOUCH only, never by the access itself, so that they do not
 *     change under a walk's second look.
 * <li>A PUD entry that is neither present nor empty stops the fast walk; the kernel tests only for emptiness.
 * <li>The fast call's resume address is computed in 64 bits; the kernel of 5.2 computes it in an int and is wrong beyond
 *     2 GiB.
 * <li>{@code __get_user_pages_fast} with {@code nrPages == 0} returns 0; the kernel's loops would run on to the first entry
 *     they cannot take.
 * <li>A huge page is split under the lock of the one table that maps it, where the kernel finds its mappings through rmap
 *     and puts migration entries in their place.
 * <li>Locks that a CPU takes by disabling preemption are words here: several tasks may share a CPU's lists.
 * </ul>
 */
@NullMarked
package org.gup;

import org.jspecify.annotations.NullMarked;
