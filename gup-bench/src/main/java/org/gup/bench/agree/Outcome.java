package org.gup.bench.agree;

import java.util.List;
import org.gup.bench.agree.truth.RecordedCall;

/**
 * What became of one recorded call.
 *
 * @param recorded the call
 * @param differences where the model did something else; empty if it agrees
 */
public record Outcome(RecordedCall recorded, List<Difference> differences) {
    /**
     * Whether the model did what the kernel did.
     *
     * @return true without a difference
     */
    public boolean agrees() {
        return differences.isEmpty();
    }
}
