/**
 * Real inputs, so that they can be walked, faulted and pinned like any other address space: the page tables of a process of a
 * real machine, bit for bit; or what its kernel tells from outside of a process, live or recorded. Public API.
 *
 * <pre>
 *   files -> PageTableDump.load   parse: TableSet, MapsParser, SmapsParser     a SnapshotException of one line
 *                                 validate: TableValidator, DeviceRanges       for whatever cannot be used
 *         -> DumpedAddressSpace   PhysicalMemory with the dump's frames, MmStruct over the dump's tables
 *            LeafEnumerator       every entry, decoded
 *
 *   /proc/PID -> LiveProcess      smaps, pagemap, kpageflags, kpagecount, mountinfo
 *   files     -> RecordedProcess  NAME.maps, NAME.smaps, NAME.pagemap.csv, NAME.devices.csv
 *         -> ProcessSnapshot      mappings and runs of pages in the same state
 *         -> ProcessAddressSpace  PhysicalMemory and MmStruct of the model's own: SnapshotMapper, SnapshotPopulator
 * </pre>
 *
 * <p>What a process cannot tell from outside, and what is taken instead, is with {@link
 * org.gup.snapshot.ProcessAddressSpace}. The rest of this page is about tables.
 *
 * <p>Assumptions about an input: the tables are those of one process at one moment, taken while it did not run; every
 * table that the user half reaches is there, and no other.
 *
 * <p>Departures, where the tables do not tell what the machine knew, and {@link org.gup.snapshot.PageFacts} does not
 * either: a huge page that PTEs map is single pages; a page is mapped by this process alone; a private file page is
 * anonymous if it is writable or dirty; a device is as large as the 2 MiB blocks of it that are mapped; the huge zero page is
 * an ordinary huge page. Contents of pages read as zeroes. A huge leaf that is SPECIAL is refused, since v5.2 would take a
 * reference to a page that it may not have; so is a PMD table that two mappings of a hugetlbfs file share. Entries of a
 * later kernel are kept bit for bit, with the meaning that v5.2 gives to bits it does not know: none.
 */
@NullMarked
package org.gup.snapshot;

import org.jspecify.annotations.NullMarked;
