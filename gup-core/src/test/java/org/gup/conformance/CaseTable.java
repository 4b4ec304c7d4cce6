package org.gup.conformance;

import java.util.LinkedHashMap;
import java.util.Map;

/** All cases, by row. */
final class CaseTable {
    private final Map<String, Case> cases = new LinkedHashMap<>();

    static Map<String, Case> load() {
        final CaseTable table = new CaseTable();
        SectionA.add(table);
        SectionB.add(table);
        SectionC.add(table);
        SectionD.add(table);
        SectionE.add(table);
        return table.cases;
    }

    /** A case on the ordinary machine. */
    void row(final String id, final String setup, final String call, final Case.Play play) {
        row(id, setup, call, Config.ordinary(), play);
    }

    /** A case on a machine of its own kind. */
    void row(final String id, final String setup, final String call, final Config config, final Case.Play play) {
        add(new Case(id, setup, call, config, false, play));
    }

    /** A case in which something happens between two accesses of a call. */
    void interposed(final String id, final String setup, final String call, final Case.Play play) {
        add(new Case(id, setup, call, Config.ordinary(), true, play));
    }

    private void add(final Case added) {
        if (cases.put(added.id(), added) != null) {
            throw new IllegalStateException("two cases for row " + added.id());
        }
    }
}
