package org.gup.bench.jmh;

import org.gup.stat.Counter;

/** Put-only iterations: they start from a raised count, which is raised again when it runs out. */
public class PutState extends MappingState {
    private int heldSweeps;
    private long raised;

    /** Called once for each sweep, inside the timed method: an increment and a comparison for all of its pages. */
    final void swept() {
        sweeps++;
        if (--heldSweeps == 0) {
            raise();
        }
    }

    private void raise() {
        sweep.gup.getPages(sweep.task, sweep.pfns, sweep.pages(), sweep.maxOpenSweeps);
        heldSweeps = sweep.maxOpenSweeps;
        raised++;
    }

    @Override
    void beforeSweeps() {
        sweep.fillAnswers();
        raised = 0;
        raise();
    }

    @Override
    void afterSweeps() {
        ledger.expect(Counter.PAGES_PUT, pages());
        WrongAnswerException.check("sweeps left", raised * sweep.maxOpenSweeps - sweeps, heldSweeps);
        ledger.expectReferences((long) heldSweeps * sweep.pages());
        sweep.gup.putPages(sweep.task, sweep.pfns, sweep.pages(), heldSweeps);
        heldSweeps = 0;
        ledger.expectReferences(0);
    }
}
