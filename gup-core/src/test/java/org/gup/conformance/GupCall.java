package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.List;
import org.gup.GetUserPages;
import org.gup.flags.Errno;
import org.gup.flags.FollFlags;
import org.gup.kernel.KernelVersion;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.task.Task;

/**
 * One call as the rows write it: an entry point, then {@code r} or flags, then what is odd about its arguments.
 *
 * <p>Entry points: G get_user_pages, K _locked, U _unlocked, R _remote, F get_user_pages_fast, FO __get_user_pages_fast. GL
 * and FL are the longterm calls as a version has them: get_user_pages_longterm() in v5.1, FOLL_LONGTERM afterwards; the fast
 * call knows the flag in v5.2 only. Flags are joined by {@code +}; {@code LT} sets the bit whatever the version makes of it.
 */
final class GupCall {
    private static final String NO_PAGES = "pages=NULL";
    private static final String VMAS = "vmas";
    private static final int PAGES_BEYOND = 16;

    private final String entry;
    private final int flags;
    private final List<String> options;

    long[] pages = {};
    VmArea[] vmas = {};
    long result;
    /** {@code throws:...} if the call threw. */
    String thrown = "";
    /** Whether mmap_sem is held by anybody when the call returns. */
    boolean semHeld;
    /** Null without such an argument. */
    int[] locked;

    private GupCall(final String entry, final int flags, final List<String> options) {
        this.entry = entry;
        this.flags = flags;
        this.options = options;
    }

    static GupCall parse(final String text) {
        final List<String> words = Arrays.asList(text.split(" ", -1));
        int flags = 0;
        int next = 1;
        if (words.size() > 1 && !isOption(words.get(1))) {
            for (final String flag : words.get(1).split("\\+", -1)) {
                flags |= flag(flag);
            }
            next = 2;
        }
        return new GupCall(words.get(0), flags, words.subList(next, words.size()));
    }

    private static boolean isOption(final String word) {
        return word.equals(VMAS) || word.indexOf('=') >= 0;
    }

    private static int flag(final String name) {
        return switch (name) {
            case "r" -> 0;
            case "W" -> FollFlags.FOLL_WRITE;
            case "LT" -> FollFlags.FOLL_LONGTERM;
            case "FORCE" -> FollFlags.FOLL_FORCE;
            case "GET" -> FollFlags.FOLL_GET;
            case "NOWAIT" -> FollFlags.FOLL_NOWAIT;
            case "HWPOISON" -> FollFlags.FOLL_HWPOISON;
            case "ANON" -> FollFlags.FOLL_ANON;
            case "PIN" -> 0x40000;
            default -> Integer.decode(name);
        };
    }

    /** Whether an array of pages is given. */
    boolean hasPages() {
        return !options.contains(NO_PAGES);
    }

    /** Makes the call; mmap_sem is taken for it where the entry point wants that, and given back if it still is held. */
    void make(
            final GetUserPages gup,
            final Task task,
            final MmStruct mm,
            final long start,
            final long nr,
            final Measured measured) {
        pages = hasPages() ? new long[(int) Math.max(0, nr) + PAGES_BEYOND] : null;
        vmas = options.contains(VMAS) ? new VmArea[(int) nr] : null;
        switch (entry) {
            case "K" -> locked = new int[] {options.contains("locked=0") ? 0 : 1};
            case "R" -> locked = options.contains("locked=&1") ? new int[] {1} : null;
            default -> locked = null;
        }
        final boolean takesSemaphore = "U F FO FL".indexOf(entry) < 0;
        if (takesSemaphore) {
            mm.mmapReadLock(task);
        }
        measured.begins();
        try {
            result = call(gup, task, mm, start, nr);
        } catch (final RuntimeException refused) {
            thrown = "throws:" + refused.getClass().getSimpleName();
            assertFalse(String.valueOf(refused.getMessage()).isBlank(), "an exception without a word");
        } finally {
            semHeld = mm.isMmapLocked();
            measured.ends();
            if (takesSemaphore && (locked == null || locked[0] == 1 || options.contains("locked=0"))) {
                mm.mmapReadUnlock(task);
            }
        }
    }

    private long call(final GetUserPages gup, final Task task, final MmStruct mm, final long start, final long nr) {
        final KernelVersion version = gup.kernelVersion();
        return switch (entry) {
            case "G" -> gup.getUserPages(task, mm, start, nr, flags, pages, vmas);
            case "GL" ->
                version.hasLongtermFlag()
                        ? gup.getUserPages(task, mm, start, nr, flags | FollFlags.FOLL_LONGTERM, pages, vmas)
                        : gup.getUserPagesLongterm(task, mm, start, nr, flags, pages, vmas);
            case "K" -> gup.getUserPagesLocked(task, mm, start, nr, flags, pages, locked);
            case "U" -> gup.getUserPagesUnlocked(task, mm, start, nr, pages, flags);
            case "R" -> gup.getUserPagesRemote(task, mm, start, nr, flags, pages, vmas, locked);
            case "F" -> gup.getUserPagesFast(task, mm, start, (int) nr, flags, pages);
            case "FL" ->
                gup.getUserPagesFast(
                        task,
                        mm,
                        start,
                        (int) nr,
                        version.fastTakesFlags() ? flags | FollFlags.FOLL_LONGTERM : flags,
                        pages);
            case "FO" ->
                gup.getUserPagesFastOnly(task, mm, start, (int) nr, (flags & FollFlags.FOLL_WRITE) != 0, pages);
            default -> throw new AssertionError("no such entry point: " + entry);
        };
    }

    /** The result in the rows' words: a count, or the name of an errno. */
    String resultText() {
        return thrown.isEmpty() ? text(result) : thrown;
    }

    static String text(final long result) {
        return result < 0 ? "-" + Errno.name((int) -result) : Long.toString(result);
    }

    /** How many references there are to give back. */
    int held() {
        return pages == null || !thrown.isEmpty() ? 0 : (int) Math.max(0, result);
    }
}
