package org.gup.bench.results;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.function.UnaryOperator;
import org.gup.bench.report.ReportPage;
import org.junit.jupiter.api.Test;

class ScrubbedRunTest {
    @Test
    void shouldChangeValuesAndLeaveNamesAlone() {
        final Run run = new TestRuns(1, 0.02)
                .usual(3, 1)
                .fact("os", "name", "made on vm")
                .fact("jdk", "vm", "a virtual machine")
                .run("run");
        // A host whose name is also that of a member, and a word of the markup.
        final UnaryOperator<String> scrub =
                text -> text.replaceAll("\\bvm\\b", "<host>").replaceAll("\\bsummary\\b", "<user>");
        final Run scrubbed = run.scrubbed(scrub);
        assertEquals("made on <host>", scrubbed.fact("os", "name"));
        assertEquals("a virtual machine", scrubbed.fact("jdk", "vm"));
        assertEquals(run.cases(), scrubbed.cases(), "nothing else is a text of that kind");
        assertEquals(run.scrubbed(text -> text), run);
        final String page = new ReportPage(scrubbed).html();
        assertFalse(page.contains("<host>") || page.contains("<user>"), "an element that nobody knows");
    }
}
