package org.gup.bench.agree;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.gup.bench.agree.scene.Scenes;
import org.gup.bench.agree.truth.RecordedCall;
import org.gup.bench.agree.truth.RecordedCalls;
import org.junit.jupiter.api.Test;

class AgreementTest {
    /** Prime, so that every setup, call and boot has its turn. */
    private static final int STEP = 7;

    private static final int THREADS = 2;

    @Test
    void shouldDoWhatTheKernelDidInEverySeventhRecordedCall() {
        final List<RecordedCall> all = RecordedCalls.bundled();
        final List<RecordedCall> part = IntStream.range(0, all.size() / STEP)
                .mapToObj(i -> all.get(i * STEP))
                .filter(call -> call.wasMade() && Scenes.of(call.setup()) != null)
                .toList();
        assertTrue(part.size() > 5000, () -> "calls=" + part.size());

        final Explanations explanations = Explanations.bundled();
        final List<String> unexplained = Agreement.of(part, THREADS).stream()
                .flatMap(outcome -> outcome.differences().stream()
                        .filter(difference -> !explanations.explains(outcome.recorded(), difference))
                        .map(difference -> outcome.recorded().id() + " "
                                + outcome.recorded().setup() + " "
                                + outcome.recorded().call() + " "
                                + outcome.recorded().flags() + ": " + difference))
                .toList();
        assertTrue(
                unexplained.isEmpty(),
                () -> unexplained.size() + " differences, the first of them:\n"
                        + String.join("\n", unexplained.subList(0, Math.min(20, unexplained.size()))));
    }
}
