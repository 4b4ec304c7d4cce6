package org.gup.snapshot;

/**
 * What the machine said about its pages, where the tables alone do not tell: {@code /proc/kpageflags} and
 * {@code /proc/kpagecount}. Without it, a huge page that PTEs map looks like single pages, a private file page counts as
 * anonymous if it is writable or dirty, and a page is mapped as often as this dump maps it.
 */
@FunctionalInterface
public interface PageFacts {
    /** {@code KPF_ANON}: belongs to an anonymous mapping. */
    long KPF_ANON = 1L << 12;
    /** {@code KPF_COMPOUND_HEAD}: first page of a compound page. */
    long KPF_COMPOUND_HEAD = 1L << 15;
    /** {@code KPF_COMPOUND_TAIL}: another page of a compound page. */
    long KPF_COMPOUND_TAIL = 1L << 16;

    /**
     * The flags of a page.
     *
     * @param pfn a page, mapped or near one that is
     * @return {@code KPF_*} bits; 0 if they are not known
     */
    long kpageflags(long pfn);

    /**
     * How often a page is mapped, by all processes.
     *
     * @param pfn a page
     * @return how often; -1 if it is not known
     */
    default long kpagecount(final long pfn) {
        return -1;
    }
}
