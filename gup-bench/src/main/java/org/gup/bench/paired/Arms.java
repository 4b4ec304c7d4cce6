package org.gup.bench.paired;

import static org.gup.bench.paired.Arm.CHECK_BY_CHECK;
import static org.gup.bench.paired.Arm.FUSED;
import static org.gup.fast.LongtermCheck.CMA_IN_WALK;
import static org.gup.fast.LongtermCheck.CMA_SECOND_PASS;
import static org.gup.fast.LongtermCheck.DEVMAP;
import static org.gup.fast.LongtermCheck.NONE;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.gup.fast.LongtermCheck;

/** Every variant of the walk that a ladder may take, by its id. */
final class Arms {
    private static final Map<String, Arm> BY_ID = new LinkedHashMap<>();

    static {
        put(new Arm("write", "boolean write (v5.1)", CHECK_BY_CHECK, null, false, false));
        put("flags", "gup_flags, no long-term test", CHECK_BY_CHECK, NONE);
        put("v5.2", "v5.2", CHECK_BY_CHECK, DEVMAP);
        put(again("v5.2"));
        put("cma-in-walk", "CMA test in the walk", CHECK_BY_CHECK, CMA_IN_WALK);
        put("cma-second-pass", "CMA test as a second pass", CHECK_BY_CHECK, CMA_SECOND_PASS);
        put(new Arm("marks-always", "v5.2, PG_referenced set unconditionally", CHECK_BY_CHECK, DEVMAP, false, true));
        put("fused-flags", "fused, no long-term test", FUSED, NONE);
        put("fused-v5.2", "fused, v5.2", FUSED, DEVMAP);
        put(again("fused-v5.2"));
        put("fused-cma-in-walk", "fused, CMA test in the walk", FUSED, CMA_IN_WALK);
        put("fused-cma-second-pass", "fused, CMA test as a second pass", FUSED, CMA_SECOND_PASS);
    }

    private Arms() {}

    /** The variants of these ids, in their order. */
    static List<Arm> of(final String... ids) {
        return Stream.of(ids).map(Arms::find).toList();
    }

    private static Arm find(final String id) {
        final Arm arm = BY_ID.get(id);
        if (arm == null) {
            throw new IllegalArgumentException("no such variant of the walk: " + id);
        }
        return arm;
    }

    /** A variant, and beside it the same with FOLL_LONGTERM. */
    private static void put(final String id, final String label, final String shape, final LongtermCheck check) {
        put(new Arm(id, label, shape, check, false, false));
        put(new Arm(id + "-lt", label + ", FOLL_LONGTERM", shape, check, true, false));
    }

    private static Arm again(final String id) {
        final Arm arm = find(id);
        return new Arm(id + "-again", arm.label() + " (A/A)", arm.shape(), arm.check(), false, false);
    }

    private static void put(final Arm arm) {
        BY_ID.put(arm.id(), arm);
    }
}
