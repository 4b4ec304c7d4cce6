package org.gup.bench.agree.call;

import java.util.List;
import java.util.Map;
import org.gup.bench.agree.truth.PageState;

/**
 * What the model did for one recorded call.
 *
 * @param result what it returned, or what it threw in words
 * @param pinned pages held by the call
 * @param notes what else can be compared, named as in the recording
 * @param before the listed pages before the call
 * @param after the same after it
 * @param cmaBefore present listed pages in CMA before
 * @param cmaAfter the same after it
 */
public record Observed(
        String result,
        int pinned,
        Map<String, String> notes,
        List<PageState> before,
        List<PageState> after,
        int cmaBefore,
        int cmaAfter) {}
