package org.gup.bench.plan;

import java.util.ArrayList;
import java.util.List;
import org.gup.bench.layout.Layout;
import org.gup.bench.stats.Estimates;

/**
 * What a profile measures. The first question: {@code getUserPagesFast} against {@code getUserPages}, get and put apart.
 *
 * <p>A further question adds a method that appends its cases; the order of cases is the order of the tables.
 */
public final class Manifest {
    /** Most forks of the default profile with the default layouts. */
    public static final int MAX_DEFAULT_FORKS = 23;

    /** Pages of one call in the headline. */
    public static final int HEADLINE_PAGES = 512;
    /** Most pages of one call in a dump, whose mappings are short. */
    public static final int DUMP_PAGES = 64;

    private static final int[] PAGES_PER_CALL = {512, 64, 8, 1};

    private final Profile profile;
    private final List<PlannedCase> cases = new ArrayList<>();

    private Manifest(final Profile profile) {
        this.profile = profile;
    }

    /**
     * A layout and how large a sweep of it is.
     *
     * @param layout the layout
     * @param pages pages of a sweep
     */
    public record Measured(Layout layout, int pages) {}

    /**
     * The cases of a profile.
     *
     * @param profile the profile
     * @param layouts the address spaces
     * @return each case once
     */
    public static List<PlannedCase> of(final Profile profile, final List<Measured> layouts) {
        final Manifest manifest = new Manifest(profile);
        manifest.fastVersusSlow(layouts);
        return List.copyOf(manifest.cases);
    }

    /**
     * Pairs of the same case, to see what noise looks like.
     *
     * @param profile the profile
     * @param pairs how many
     * @return both halves of each
     */
    public static List<PlannedCase> sameCode(final Profile profile, final int pairs) {
        final Manifest manifest = new Manifest(profile);
        final BenchCase walk = BenchCase.synthetic(Subject.GET_FAST, Layout.BASE_PAGES, HEADLINE_PAGES);
        for (int pair = 1; pair <= pairs; pair++) {
            manifest.add(walk.withTwin(pair + "a"), Math.max(Estimates.MIN_FORKS, profile.rounds()));
            manifest.add(walk.withTwin(pair + "b"), Math.max(Estimates.MIN_FORKS, profile.rounds()));
        }
        return List.copyOf(manifest.cases);
    }

    private void fastVersusSlow(final List<Measured> layouts) {
        final boolean synthetic =
                layouts.stream().anyMatch(measured -> !measured.layout().isDump());
        add(BenchCase.baseline(), profile.rounds());
        for (final Measured measured : layouts) {
            if (measured.layout().isDump()) {
                dump(measured, synthetic ? 1 : profile.rounds());
            } else {
                synthetic(measured.layout());
            }
        }
    }

    private void synthetic(final Layout layout) {
        if (profile.equals(Profile.SMOKE)) {
            smoke(layout);
            return;
        }
        final boolean full = profile.equals(Profile.FULL);
        final boolean base = layout.equals(Layout.BASE_PAGES);
        for (final int pages : PAGES_PER_CALL) {
            final boolean headline = base && pages == HEADLINE_PAGES;
            if (!full && pages != HEADLINE_PAGES && !(base && pages == 1)) {
                continue;
            }
            final int forks = headline || full ? profile.rounds() : 1;
            add(BenchCase.synthetic(Subject.GET_FAST, layout, pages), forks);
            if (headline) {
                add(BenchCase.synthetic(Subject.GET_FAST_AGAIN, layout, pages), forks);
            }
            if (full && base) {
                add(checkByCheck(layout, pages), forks);
            }
            add(BenchCase.synthetic(Subject.GET_SLOW, layout, pages), forks);
            if (full || headline) {
                add(BenchCase.synthetic(Subject.GET_SLOW_UNLOCKED, layout, pages), full ? forks : 1);
            }
            add(BenchCase.synthetic(Subject.PUT, layout, pages), full ? forks : 1);
            if (headline && full) {
                add(read(Subject.GET_FAST, layout, pages), forks);
                add(read(Subject.GET_SLOW, layout, pages), forks);
            }
        }
    }

    /** The headline and one call per page; of huge pages, the long call alone. */
    private void smoke(final Layout layout) {
        add(BenchCase.synthetic(Subject.GET_FAST, layout, HEADLINE_PAGES), 1);
        add(BenchCase.synthetic(Subject.GET_SLOW, layout, HEADLINE_PAGES), 1);
        if (layout.equals(Layout.BASE_PAGES)) {
            add(BenchCase.synthetic(Subject.GET_FAST_AGAIN, layout, HEADLINE_PAGES), 1);
            add(BenchCase.synthetic(Subject.PUT, layout, HEADLINE_PAGES), 1);
            add(BenchCase.synthetic(Subject.GET_FAST, layout, 1), 1);
            add(BenchCase.synthetic(Subject.GET_SLOW, layout, 1), 1);
        }
    }

    private void dump(final Measured measured, final int headlineForks) {
        if (measured.pages() == 0) {
            return;
        }
        final boolean full = profile.equals(Profile.FULL);
        final int forks = full ? profile.rounds() : headlineForks;
        add(ofDump(Subject.GET_FAST, measured, DUMP_PAGES), forks);
        add(ofDump(Subject.GET_SLOW, measured, DUMP_PAGES), forks);
        if (profile.equals(Profile.SMOKE)) {
            return;
        }
        add(ofDump(Subject.PUT, measured, DUMP_PAGES), full ? forks : 1);
        if (full || headlineForks > 1) {
            add(ofDump(Subject.GET_SLOW_UNLOCKED, measured, DUMP_PAGES), full ? forks : 1);
            add(ofDump(Subject.GET_FAST, measured, 1), full ? forks : 1);
            add(ofDump(Subject.GET_SLOW, measured, 1), full ? forks : 1);
        }
    }

    private static BenchCase checkByCheck(final Layout layout, final int pages) {
        return new BenchCase(Subject.GET_FAST, layout, pages, BenchCase.CHECK_BY_CHECK, BenchCase.WRITE, 0);
    }

    private static BenchCase read(final Subject subject, final Layout layout, final int pages) {
        return new BenchCase(subject, layout, pages, BenchCase.FUSED, BenchCase.READ, 0);
    }

    private static BenchCase ofDump(final Subject subject, final Measured measured, final int pages) {
        return new BenchCase(subject, measured.layout(), pages, BenchCase.FUSED, BenchCase.READ, measured.pages());
    }

    private void add(final BenchCase benchCase, final int forks) {
        cases.add(new PlannedCase(benchCase, forks));
    }
}
