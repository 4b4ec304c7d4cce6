package org.gup.property;

import static org.gup.flags.FollFlags.FOLL_ANON;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_HWPOISON;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_NOWAIT;
import static org.gup.flags.FollFlags.FOLL_SPLIT;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.gup.mm.Mman;

/** Draws sequences. The same seed draws the same ones. */
final class Draw {
    private static final int[] PROTECTIONS = {
        Mman.PROT_NONE,
        Mman.PROT_READ,
        Mman.PROT_READ | Mman.PROT_WRITE,
        Mman.PROT_READ | Mman.PROT_WRITE,
        Mman.PROT_READ | Mman.PROT_WRITE,
        Mman.PROT_WRITE,
    };
    private static final int[] ADVICE = {Mman.MADV_DONTNEED, Mman.MADV_HUGEPAGE, Mman.MADV_NOHUGEPAGE};
    private static final int[] RARE_FLAGS = {FOLL_ANON, FOLL_DUMP, FOLL_SPLIT, FOLL_NOWAIT, FOLL_HWPOISON};

    private static final int WHOLE_CMA_ORDER = 10;
    private static final int WHOLE_CMA_PAGES = 1 << WHOLE_CMA_ORDER;
    private static final int DAX_FILE = 2;

    private final Random random;
    private final List<Area> areas = new ArrayList<>();
    private Area last = new Area(0, 0, 16);

    Draw(final long seed) {
        // Random's first numbers follow from its seed too directly: neighbours would draw alike.
        this.random = new Random(new SplittableRandom(seed).nextLong());
    }

    List<Step> sequence(final int steps) {
        final List<Step> drawn = new ArrayList<>();
        while (drawn.size() < steps) {
            if (oneIn(500)) {
                drawn.addAll(longtermInCma());
            } else if (oneIn(500)) {
                drawn.addAll(longtermBeforeDax());
            } else {
                drawn.add(step());
            }
        }
        return drawn;
    }

    /** Steps that chance seldom puts in this order. */
    private List<Step> longtermInCma() {
        final int page = random.nextInt(World.WINDOW_PAGES);
        final int pages = 1 + random.nextInt(16);
        return List.of(
                new Step.Map(0, page, pages, Mman.PROT_READ | Mman.PROT_WRITE, false),
                new Step.Write(0, page, pages, value(), true),
                new Step.Get(0, page, pages, FOLL_WRITE | FOLL_LONGTERM, false, 0, true),
                new Step.CmaAlloc(WHOLE_CMA_PAGES, WHOLE_CMA_ORDER));
    }

    /** Likewise. */
    private List<Step> longtermBeforeDax() {
        final int page = random.nextInt(World.WINDOW_PAGES);
        final int pages = 1 + random.nextInt(16);
        final boolean shared = random.nextBoolean();
        return List.of(
                new Step.Map(0, page, pages, Mman.PROT_READ | Mman.PROT_WRITE, false),
                new Step.Write(0, page, pages, value(), false),
                new Step.MapFile(0, page + pages, pages, Mman.PROT_READ | Mman.PROT_WRITE, shared, DAX_FILE, 0),
                new Step.Get(0, page, 2 * pages, FOLL_LONGTERM, false, 0, oneIn(2)));
    }

    private boolean oneIn(final int n) {
        return random.nextInt(n) == 0;
    }

    private int prot() {
        return PROTECTIONS[random.nextInt(PROTECTIONS.length)];
    }

    private int space() {
        return oneIn(4) ? 1 + random.nextInt(Machine.SPACES - 1) : 0;
    }

    /** Where something is mapped, as far as a draw can know. */
    private record Area(int space, int page, int pages) {}

    /** Most of what happens, happens where something has been mapped lately. */
    private Area area() {
        if (oneIn(2)) {
            return last;
        }
        if (areas.isEmpty() || oneIn(12)) {
            return new Area(space(), random.nextInt(World.WINDOW_PAGES), 1 + random.nextInt(64));
        }
        final Area area = areas.get(random.nextInt(areas.size()));
        final int skip = random.nextInt(oneIn(2) ? 1 + area.pages / 8 : area.pages);
        final int pages = 1 + random.nextInt(oneIn(3) ? area.pages - skip : Math.min(16, area.pages - skip));
        return new Area(oneIn(6) ? space() : area.space, area.page + skip, pages);
    }

    private Area freshArea() {
        if (oneIn(16)) {
            final int pages = 1 + random.nextInt(World.TOP_PAGES);
            return new Area(space(), -pages, pages);
        }
        if (oneIn(6)) {
            return new Area(space(), random.nextInt(2) * 512, 512 + random.nextInt(64));
        }
        final int pages = 1 + random.nextInt(48);
        if (oneIn(4) && !areas.isEmpty()) {
            // Right behind another.
            final Area other = areas.get(random.nextInt(areas.size()));
            if (other.page >= 0) {
                return new Area(other.space, other.page + other.pages, pages);
            }
        }
        return new Area(space(), random.nextInt(World.WINDOW_PAGES), pages);
    }

    private Step step() {
        if (areas.isEmpty() || oneIn(7)) {
            return map();
        }
        final Area at = area();
        last = at;
        final int few = Math.min(at.pages, 24);
        return switch (random.nextInt(40)) {
            case 0, 1 -> new Step.Unmap(at.space, at.page, at.pages);
            case 2, 3 -> new Step.Protect(at.space, at.page, at.pages, prot());
            case 4, 5 -> new Step.Advise(at.space, at.page, at.pages, ADVICE[random.nextInt(ADVICE.length)]);
            case 6, 7, 8, 9, 10, 11, 12 -> new Step.Write(at.space, at.page, few, value(), oneIn(16));
            case 13, 14 -> new Step.Read(at.space, at.page, few);
            case 15, 16 -> new Step.Put(random.nextInt(8));
            case 17 -> new Step.WriteThrough(random.nextInt(8), random.nextInt(600), value());
            case 18 -> new Step.Drain();
            case 19, 20 -> new Step.Fork(oneIn(4) ? space() : 0, 1 + random.nextInt(Machine.SPACES - 1));
            case 21 -> new Step.Exit(1 + random.nextInt(Machine.SPACES - 1));
            case 22, 23 -> move(at);
            case 24, 25 -> new Step.SwapOut(at.space, at.page, few);
            case 26 -> new Step.NumaHint(at.space, at.page, at.pages);
            case 27 -> oneIn(3) ? cmaAlloc() : get(at);
            case 28 -> new Step.Merge(at.space, at.page, few, value());
            case 29 ->
                oneIn(2)
                        ? new Step.WriteFile(random.nextInt(3), random.nextInt(Machine.FILE_PAGES), value())
                        : new Step.Cold(random.nextInt(Machine.FILE_PAGES - 8), 8);
            case 30 -> oneIn(3) ? new Step.Poison(at.space, at.page) : get(at);
            default -> get(at);
        };
    }

    private long value() {
        return random.nextLong() & -(1L << 32);
    }

    private Step map() {
        final Area fresh = freshArea();
        last = fresh;
        areas.add(fresh);
        if (areas.size() > 4) {
            areas.remove(0);
        }
        if (fresh.pages > Machine.FILE_PAGES || !oneIn(3)) {
            return new Step.Map(fresh.space, fresh.page, fresh.pages, prot(), oneIn(6));
        }
        return new Step.MapFile(
                fresh.space,
                fresh.page,
                fresh.pages,
                prot(),
                oneIn(2),
                random.nextInt(4),
                random.nextInt(Machine.FILE_PAGES));
    }

    private Step cmaAlloc() {
        return oneIn(3)
                ? new Step.CmaAlloc(WHOLE_CMA_PAGES, WHOLE_CMA_ORDER)
                : new Step.CmaAlloc(1 + random.nextInt(64), random.nextInt(7));
    }

    private Step move(final Area at) {
        final int newPages = oneIn(2) ? at.pages : 1 + random.nextInt(at.pages + 8);
        return new Step.Move(at.space, at.page, at.pages, newPages, random.nextInt(World.WINDOW_PAGES));
    }

    private Step get(final Area at) {
        final int flags = flags();
        final boolean failing = (flags & FOLL_LONGTERM) == 0 && oneIn(16);
        return new Step.Get(
                at.space,
                at.page,
                at.page < 0 || oneIn(3) ? at.pages + random.nextInt(4) : Math.min(at.pages, 24),
                flags,
                oneIn(24),
                failing ? 1 + random.nextInt(4) : 0,
                oneIn(3));
    }

    private int flags() {
        int flags = 0;
        if (random.nextBoolean()) {
            flags |= FOLL_WRITE;
        }
        if (oneIn(3)) {
            flags |= FOLL_FORCE;
        }
        if (oneIn(4)) {
            flags |= FOLL_LONGTERM;
        }
        if (oneIn(12)) {
            flags |= RARE_FLAGS[random.nextInt(RARE_FLAGS.length)];
        }
        return flags;
    }
}
