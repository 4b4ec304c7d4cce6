package org.gup.task;

/**
 * Which calls of {@code __get_user_pages()} a task's slow calls have made since {@link #clear}: what a probe in the kernel
 * would log. The first {@link #CAPACITY} are kept, all are counted.
 *
 * <p>Threading: the task's own thread.
 */
public final class InnerCalls {
    /** How many are kept. */
    public static final int CAPACITY = 64;

    private final long[] first = new long[CAPACITY];
    private final long[] pages = new long[CAPACITY];
    private final boolean[] mayRetry = new boolean[CAPACITY];
    private int count;

    InnerCalls() {}

    /**
     * Notes a call. Internal.
     *
     * @param firstPage index of its first page in the array that the outermost call was given
     * @param nrPages pages asked for
     * @param retry whether it may drop mmap_sem
     */
    public void add(final long firstPage, final long nrPages, final boolean retry) {
        final int at = count;
        if (at < CAPACITY) {
            first[at] = firstPage;
            pages[at] = nrPages;
            mayRetry[at] = retry;
        }
        count = at == Integer.MAX_VALUE ? at : at + 1;
    }

    /** Forgets them all. */
    public void clear() {
        count = 0;
    }

    /**
     * How many there were.
     *
     * @return how many; may be more than are kept
     */
    public int count() {
        return count;
    }

    /**
     * Where a call began.
     *
     * @param call 0 for the first one
     * @return index of its first page in the array of the outermost call: what the fast walk gathered comes before
     */
    public long firstPage(final int call) {
        return first[call];
    }

    /**
     * How much a call asked for.
     *
     * @param call 0 for the first one
     * @return pages
     */
    public long nrPages(final int call) {
        return pages[call];
    }

    /**
     * Whether a call could drop mmap_sem.
     *
     * @param call 0 for the first one
     * @return true if it was given a word to say so in
     */
    public boolean mayRetry(final int call) {
        return mayRetry[call];
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(count, CAPACITY); i++) {
            text.append(i == 0 ? "" : "/")
                    .append(first[i])
                    .append('+')
                    .append(pages[i])
                    .append(mayRetry[i] ? "r" : "");
        }
        return text.toString();
    }
}
