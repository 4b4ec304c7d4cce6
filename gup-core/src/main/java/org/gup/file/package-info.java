/**
 * What a mapping can be of: page cache, shared memory, hugetlbfs, DAX, devices. Models {@code struct address_space}.
 *
 * <pre>
 *   CachedFile   pages by index, found in a cache: PageCacheFile (a disk file system), ShmemFile (tmpfs, swap behind it)
 *   HugetlbFile  2 MiB pages of the pool by index, reservations
 *   DaxFile      blocks that are a device's own pages; DaxDevice: the whole device
 *   RawMemory    frames, or pages of a driver; ZeroDevice: nothing
 * </pre>
 *
 * <p>A cached page has one reference from the cache, one more with PG_private, {@code mapping} = the file's owner id in reverse
 * mapping, {@code index} = its index in base pages. Device pages have one reference for ever and no mapping.
 *
 * <p>Locks: a page's lock, then the file's own monitor, under which nothing else is taken. Departures from v5.2:
 * <ul>
 *   <li>I/O is done when the call that began it returns; only PG_writeback can be made to last. A caller that may not wait, or
 *       gives mmap_sem back to wait, is told so as if it had taken time.
 *   <li>Cleaning a page leaves the entries that map it writable: what is written through them is seen when they go.
 *   <li>No truncation, and no block is ever taken back.
 * </ul>
 */
@NullMarked
package org.gup.file;

import org.jspecify.annotations.NullMarked;
