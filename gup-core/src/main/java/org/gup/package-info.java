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
 *    SlowWalker (mmap_sem, FollowPage and FollowHugetlb under page-table locks, handleMmFault)   (slow)
 *  return pages, or -errno
 *
 *  FOLL_LONGTERM  -&gt;  LongtermPinner, around the slow path, mmap_sem held throughout                    (longterm)
 *    SlowWalker.getUserPagesLocked: pages and the mapping of each
 *    DaxVmaCheck: a mapping of a DAX file system? put all, -EOPNOTSUPP
 *    CmaMigrator: again:
 *      each page in a CMA pageblock -&gt; [drain pagevecs] -&gt; off the LRU; none? return pages
 *      put all -&gt; MigratePages.migratePages(list, NonCmaTarget) -&gt; SlowWalker: pin all again
 *      every page moved? again : return pages
 *
 *  a page that moves  -&gt;  MigratePages                                                                  (migrate)
 *    allocate a frame -&gt; lock both pages -&gt; Rmap: each mapping of the page                              (rmap)
 *      clear the entry, flush, put a migration entry in its place, drop the mapping's reference
 *    count as expected? freeze, replace in its file or swap cache, copy : try again, 10 times
 *    Rmap: migration entries -&gt; the new page, or the old one -&gt; unlock -&gt; back to the LRU
 *  a fault on a migration entry waits for the page's lock                                               (mm)
 * </pre>
 *
 * <h2>Packages</h2>
 *
 * <p>An arrow points to a lower rank, or stays within one without a cycle; a test holds them.
 *
 * <table>
 * <caption>Ranks</caption>
 * <tr><th>rank</th><th>package</th><th>what</th></tr>
 * <tr><td>7</td><td>shim</td><td>looks at every access to memory, for counting; known to nothing of the product</td></tr>
 * <tr><td>5</td><td>snapshot</td><td>page tables dumped from running machines, walked in place; processes read from
 *     /proc or from files</td></tr>
 * <tr><td>4</td><td>longterm</td><td>pins that last: the DAX test, and out of contiguous memory</td></tr>
 * <tr><td>4</td><td>cma</td><td>allocation of contiguous ranges, whose pages move away</td></tr>
 * <tr><td>3</td><td>slow</td><td>the walk under mmap_sem</td></tr>
 * <tr><td>3</td><td>migrate</td><td>pages to other frames</td></tr>
 * <tr><td>2</td><td>mm</td><td>address spaces: mappings, faults, fork, unmapping, protection</td></tr>
 * <tr><td>1</td><td>fast</td><td>the lock-free walk; may name tlb, pgtable, page, task, stat, kernel, flags only</td></tr>
 * <tr><td>1</td><td>file</td><td>what can be mapped: page cache, shared memory, hugetlbfs, DAX, devices</td></tr>
 * <tr><td>1</td><td>zone</td><td>zones, the buddy allocator, the LRU, swap, the hugetlb pool; owner of all memory</td></tr>
 * <tr><td>1</td><td>rmap</td><td>from a page to the entries that map it</td></tr>
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
 * <tr><td>migration entry</td><td>release, under the table's lock, after the exchange that cleared the leaf; replaced by
 *     release</td><td>acquire; again under the table's lock by who waits</td>
 *     <td>who waits takes its reference under the lock, where the page cannot be freed yet</td></tr>
 * <tr><td>{@code _refcount}</td><td>compare-and-set; a freeze is one from the expected value to 0</td>
 *     <td>compare-and-set; a comparison is volatile, after the clear</td><td>the other half of that pair</td></tr>
 * <tr><td>{@code compound_head}</td><td>release, while nobody holds the page</td><td>acquire</td>
 *     <td>a tail has no count of its own, and a split waits for the walkers of the moment before tails become heads</td></tr>
 * <tr><td>{@code flags}</td><td>atomic or, atomic and</td><td>opaque as a hint; the page lock by its atomic or</td>
 *     <td>bits are independent</td></tr>
 * <tr><td>map counts</td><td>atomic add</td><td>volatile</td><td>changed under page-table locks of different tables</td></tr>
 * <tr><td>{@code mapping}, {@code index}, {@code private}</td><td>plain, before the page can be found, or under its lock</td>
 *     <td>plain, under the page's lock</td><td>the page lock; without it, an entry's acquire</td></tr>
 * <tr><td>list words of an isolated page</td><td>plain, by who isolated it</td><td>plain, by the same</td>
 *     <td>PG_lru was cleared under the LRU lock: nobody else has the page on a list</td></tr>
 * <tr><td>numbers of isolated pages</td><td>atomic add</td><td>volatile</td><td>statistics</td></tr>
 * <tr><td>slots of files, of swap, of the hugetlb pool; bitmap of a contiguous area</td><td>under a monitor</td>
 *     <td>under it</td><td>mutual exclusion</td></tr>
 * <tr><td>walk word of a walker slot</td><td>volatile store in, release store out</td><td>volatile, by who waits</td>
 *     <td>in: a Dekker pair with unlinking; out: the walk's loads come before</td></tr>
 * <tr><td>call word of a walker slot</td><td>volatile store in, release store out</td><td>volatile, by close</td>
 *     <td>a Dekker pair with the closed flag</td></tr>
 * <tr><td>lock words, that of reverse mapping among them</td><td>compare-and-set in, release store or atomic out</td>
 *     <td>volatile</td><td>mutual exclusion</td></tr>
 * <tr><td>migratetype of a pageblock</td><td>opaque, under the zone's lock</td><td>opaque</td>
 *     <td>an old answer is allowed, as in the kernel</td></tr>
 * <tr><td>warnings given</td><td>compare-and-set from null</td><td>volatile</td><td>one of several that warn at once does</td></tr>
 * </table>
 *
 * <p>Locks nest in this order: {@code mmap_sem}, a hugetlbfs file's fault lock, page lock, rmap lock, page-table lock (upper
 * table before lower), a file's or the swap area's monitor, pagevec lock, LRU lock, zone lock. All of them but the monitors
 * are words behind {@link org.gup.offheap.Await}.
 *
 * <h2>Departures from Linux 5.2</h2>
 *
 * <p>Each is also where it applies, behind the word "Differs".
 *
 * <p>The calls:
 *
 * <ul>
 * <li>{@code PG_referenced} is tested before it is set: setting it unconditionally would be a second locked operation per
 *     page (twice the cost of the walk).
 * <li>The fast call's resume address is computed in 64 bits; the kernel of 5.2 computes it in an int and is wrong beyond
 *     2 GiB.
 * <li>{@code __get_user_pages_fast} with {@code nrPages == 0} returns 0; the kernel's loops would run on to the first entry
 *     they cannot take.
 * <li>A PUD entry that is neither present nor empty stops the fast walk; the kernel tests only for emptiness.
 * <li>The result of pinning again after a migration is signed, as in 5.1 and from 5.5 on; the unsigned one of 5.2 is a switch,
 *     and reported instead of followed.
 * <li>A number of pages that is negative or larger than the array is an exception, unless a longterm call refuses it first.
 * <li>{@code get_dump_page()} takes mmap_sem; the kernel's caller relies on every other thread being dead.
 * <li>{@code PF_MEMALLOC_NOCMA} is set and cleared where the kernel does, but the allocator does not read it: that of 5.2
 *     obeys it only after its first attempt has failed, and nothing is reclaimed here that a second could get.
 * <li>The gate area has one page, and no entry of its own.
 * </ul>
 *
 * <p>On request, for research, and never by default, what other releases do or a mail proposed:
 *
 * <ul>
 * <li>Mappings of DAX file systems are refused before they are walked, as in v5.11, instead of after everything is pinned:
 *     {@link org.gup.kernel.FsDaxCheck}.
 * <li>The fast walk tests for contiguous memory, in one of two places: {@link org.gup.fast.LongtermCheck}.
 * </ul>
 *
 * <p>Page tables and mappings:
 *
 * <ul>
 * <li>A clear does not wait for walkers, the freeing of a table does; {@link org.gup.tlb.TlbSync#IPI_WAIT} makes every flush
 *     wait, as native x86 does.
 * <li>Accessed and dirty bits are set by faults and by FOLL_TOUCH only, never by the access itself, so that they do not
 *     change under a walk's second look. For the same reason a change of permissions exchanges an entry once, where the
 *     kernel clears it in between.
 * <li>A mapping that changes is replaced by another object. Every file may be mapped in every way, and there are no limits to
 *     what is mapped or locked; populating is left to the caller.
 * <li>A huge page that FOLL_SPLIT splits keeps its entries until the freeze has succeeded, where the kernel replaces them
 *     first; huge pages of files are not split.
 * <li>A child of fork keeps its parent's owners in reverse mapping. Whole tables are not moved by mremap. munmap holds mmap_sem
 *     for write to its end.
 * <li>Where there is no huge page for a copy on write, the PMD is split, and one base page copied.
 * <li>Hugetlb pages are of 2 MiB, of one pool, without surplus pages; at a copy on write the children's pages are not taken from
 *     them. Those of a dump are left as they are.
 * <li>A poisoned page of a file stays in its cache. KSM, NUMA hints, reclaim and userfaultfd are what a caller asks for, at the
 *     addresses it names; nothing scans.
 * <li>Protection keys are not allocated: one that was never named in an address space counts as free.
 * </ul>
 *
 * <p>Memory:
 *
 * <ul>
 * <li>One node; no watermarks, reclaim or compaction; no per-CPU lists of free pages. See {@code org.gup.zone}.
 * <li>I/O is over when the call that began it returns; who may not wait, or gives mmap_sem back to wait, is told so as if it
 *     had taken time. Files are never truncated, and no file system migrates its pages in a way of its own. See
 *     {@code org.gup.file}.
 * <li>Contiguous ranges migrate clean pages of the page cache, where the kernel drops them.
 * <li>Locks that a CPU takes by disabling preemption are words here: several tasks may share a CPU's lists. Draining every CPU's
 *     lists is done by the caller, where the kernel has each CPU do it.
 * </ul>
 */
@NullMarked
package org.gup;

import org.jspecify.annotations.NullMarked;
