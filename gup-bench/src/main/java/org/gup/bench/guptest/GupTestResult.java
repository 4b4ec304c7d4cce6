package org.gup.bench.guptest;

import com.google.gson.JsonObject;
import java.util.Locale;
import org.gup.flags.Errno;

/**
 * What one pass over the area came to.
 *
 * @param thread who made it, from 0
 * @param repeat which one, from 0
 * @param getNanos time of all gets
 * @param putNanos time of all puts
 * @param sizeBytes what the kernel's tool calls the size: how far the addresses got
 * @param pages pages got
 * @param lastReturn what the last call returned: pages, or a negated errno, which the kernel's tool drops
 * @param fastPages pages of them from the lock-free walk
 * @param slowPages pages of them from the slow path
 */
public record GupTestResult(
        int thread,
        int repeat,
        long getNanos,
        long putNanos,
        long sizeBytes,
        long pages,
        long lastReturn,
        long fastPages,
        long slowPages) {
    private static final long NANOS_PER_MICRO = 1000;

    /**
     * Whether a call was refused.
     *
     * @return true if the last one returned an errno
     */
    public boolean failed() {
        return lastReturn < 0;
    }

    /**
     * Why.
     *
     * @return such as {@code -EFAULT}; {@code 0} if it was not refused
     */
    public String errno() {
        return failed() ? "-" + Errno.name((int) -lastReturn) : "0";
    }

    /**
     * The line of 5.11, which every parser knows.
     *
     * @param request what was asked for
     * @return such as {@code GUP_FAST_BENCHMARK: Time: get:123 put:45 us}
     */
    public String line(final GupTestRequest request) {
        return request.call() + ": Time: " + times() + truncated(request);
    }

    /**
     * The line of {@code gup_bench}, as proposed in 2026.
     *
     * @param request what was asked for
     * @return one line
     */
    public String benchLine(final GupTestRequest request) {
        final String thp = switch (request.advice()) {
            case DEFAULT -> "default";
            case HUGEPAGE -> "on";
            case NOHUGEPAGE -> "off";
        };
        return String.format(
                Locale.ROOT,
                "%s (nr_pages=%-4d %-5s %-7s hugetlb=%-3s thp=%-7s) time: %s%s",
                request.call(),
                request.step(),
                (request.gupFlags() & 1) != 0 ? "write" : "read",
                request.shared() ? "shared" : "private",
                request.backing() == GupTestRequest.Backing.HUGETLB ? "on" : "off",
                thp,
                times(),
                truncated(request));
    }

    private String times() {
        return "get:" + getNanos / NANOS_PER_MICRO + " put:" + putNanos / NANOS_PER_MICRO + " us";
    }

    private String truncated(final GupTestRequest request) {
        return sizeBytes == request.sizeBytes() ? "" : ", truncated (size: " + sizeBytes + ")";
    }

    /**
     * Everything, for programs.
     *
     * @return an object
     */
    public JsonObject json() {
        final JsonObject json = new JsonObject();
        json.addProperty("thread", thread);
        json.addProperty("repeat", repeat);
        json.addProperty("getNanos", getNanos);
        json.addProperty("putNanos", putNanos);
        json.addProperty("sizeBytes", sizeBytes);
        json.addProperty("pages", pages);
        json.addProperty("errno", errno());
        json.addProperty("fastPages", fastPages);
        json.addProperty("slowPages", slowPages);
        if (pages > 0) {
            json.addProperty("getNsPerPage", (double) getNanos / pages);
            json.addProperty("putNsPerPage", (double) putNanos / pages);
        }
        return json;
    }
}
