package org.gup.conformance;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.gup.GetUserPages;
import org.gup.page.DevPagemap;
import org.gup.page.PageDescriptor;
import org.gup.stat.Counter;

/** The state before a call, to tell afterwards what the call did. */
final class Measured {
    private static final int MOST_PAGES = 4096;

    private final Stage scene;
    private final Place place;
    private final long[] pfnsBefore;
    private final Map<Long, Integer> refsBefore = new HashMap<>();
    private final Map<Counter, Long> counts = new EnumMap<>(Counter.class);
    private final long deviceRefsBefore;
    private int wasReferenced;

    Measured(final Stage scene, final Place place, final long nr) {
        this.scene = scene;
        this.place = place;
        final int pages = (int) Math.min(Math.max(nr, 0), Math.min(place.pages(), MOST_PAGES));
        this.pfnsBefore = place.part(0, pages).pfns();
        for (final long pfn : pfnsBefore) {
            if (hasPage(pfn)) {
                refsBefore.put(scene.head(pfn), scene.countedRefs(pfn));
                wasReferenced += scene.isFlagged(pfn, PageDescriptor.PG_REFERENCED) ? 1 : 0;
            }
        }
        final long zero = scene.memory().zeroPfn();
        refsBefore.put(zero, scene.countedRefs(zero));
        this.deviceRefsBefore = deviceRefs();
    }

    /** The call is about to be made; what was done for it before, such as taking mmap_sem, does not count. */
    void begins() {
        for (final Counter counter : Counter.values()) {
            counts.put(counter, -scene.task().counters().get(counter));
        }
    }

    /** The call has returned or thrown. */
    void ends() {
        for (final Counter counter : Counter.values()) {
            counts.merge(counter, scene.task().counters().get(counter), Long::sum);
        }
    }

    private long count(final Counter counter) {
        return counts.getOrDefault(counter, 0L);
    }

    private boolean hasPage(final long pfn) {
        return scene.memory().memMap().pfnValid(pfn);
    }

    private long deviceRefs() {
        long references = 0;
        for (final DevPagemap device : scene.memory().devices()) {
            references += device.references();
        }
        return references;
    }

    /** Tells everything, by name. */
    void report(final GupCall call, final BiConsumer<String, Object> see) {
        see.accept("result", call.resultText());
        see.accept("fast", count(Counter.FAST_PAGES));
        see.accept("slow", count(Counter.SLOW_PAGES));
        see.accept("slowCalls", count(Counter.SLOW_CALLS));
        see.accept("innerCalls", count(Counter.SLOW_INNER_CALLS));
        see.accept("faults", count(Counter.PGFAULT));
        see.accept("majorFaults", count(Counter.PGMAJFAULT));
        see.accept("drains", count(Counter.LRU_ADD_DRAIN_ALL));
        see.accept("migrateCalls", count(Counter.MIGRATE_CALLS));
        see.accept("migrated", count(Counter.PGMIGRATE_SUCCESS));
        see.accept("notMigrated", count(Counter.PGMIGRATE_FAIL));
        see.accept("allocations", count(Counter.ALLOC_ORDER_0));
        see.accept("hugeAllocations", count(Counter.ALLOC_ORDER_9));
        see.accept("warnings", count(Counter.WARNINGS));
        see.accept("semTaken", count(Counter.MMAP_SEM_DOWN_READ));
        see.accept("semGiven", count(Counter.MMAP_SEM_UP_READ));
        see.accept("pgmapRefs", deviceRefs() - deviceRefsBefore);
        see.accept("semHeld", call.semHeld);
        see.accept("stop", GetUserPages.lastStop(scene.task()));
        if (call.locked != null) {
            see.accept("locked", call.locked[0]);
        }
        if (call.vmas != null) {
            see.accept("vmas", distinctVmas(call));
        }
        see.accept("refs", refsOfPagesInPlace());
        reportPages(call, see);
    }

    /** How many mappings the call named, each of which covers its page. */
    private Object distinctVmas(final GupCall call) {
        final Set<Object> distinct = new LinkedHashSet<>();
        for (int i = 0; i < call.result; i++) {
            if (call.vmas[i] == null || !call.vmas[i].contains(place.va(i))) {
                return "wrong at " + i;
            }
            distinct.add(call.vmas[i]);
        }
        return distinct.size();
    }

    /** References gained by the zero page and by what was mapped before and still is, each compound page counted once. */
    private long refsOfPagesInPlace() {
        final Set<Long> still = new LinkedHashSet<>();
        still.add(scene.memory().zeroPfn());
        for (final long pfn : place.part(0, pfnsBefore.length).pfns()) {
            if (hasPage(pfn)) {
                still.add(scene.head(pfn));
            }
        }
        long gained = 0;
        for (final long head : still) {
            final Integer before = refsBefore.get(head);
            gained += before == null ? 0 : scene.countedRefs(head) - before;
        }
        return gained;
    }

    private void reportPages(final GupCall call, final BiConsumer<String, Object> see) {
        int zero = 0;
        int cma = 0;
        int referenced = 0;
        int same = 0;
        final Set<Long> fresh = new LinkedHashSet<>();
        for (int i = 0; i < call.held(); i++) {
            final long pfn = call.pages[i];
            zero += pfn == scene.memory().zeroPfn() ? 1 : 0;
            cma += scene.isCma(pfn) ? 1 : 0;
            referenced += scene.isFlagged(pfn, PageDescriptor.PG_REFERENCED) ? 1 : 0;
            same += i < pfnsBefore.length && pfnsBefore[i] == pfn ? 1 : 0;
            if (!refsBefore.containsKey(scene.head(pfn))) {
                fresh.add(scene.head(pfn));
            }
        }
        see.accept("wasReferenced", wasReferenced);
        long freshRefs = 0;
        for (final long pfn : fresh) {
            freshRefs += scene.countedRefs(pfn) - scene.mappings(pfn);
        }
        see.accept("zero", zero);
        see.accept("cma", cma);
        see.accept("referenced", referenced);
        see.accept("inPlace", same);
        see.accept("fresh", fresh.size());
        see.accept("freshRefs", freshRefs);
    }
}
