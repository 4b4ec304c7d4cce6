package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.bench.error.BadInputException;
import org.gup.bench.report.WhatIf;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class WhatIfOptionsTest {
    @Command(name = "any")
    private static final class AnyCommand {
        @Mixin
        private final WhatIfOptions options = new WhatIfOptions();
    }

    private static WhatIf parsed(final String... arguments) {
        final AnyCommand command = new AnyCommand();
        new CommandLine(command).parseArgs(arguments);
        return command.options.whatIf();
    }

    @Test
    void shouldSupposeWhatIsAskedFor() {
        assertEquals(WhatIf.NOTHING, parsed());
        assertEquals(new WhatIf(2000, 0), parsed("--ipi-ns", "2000"));
        assertEquals(new WhatIf(1.5, 50000), parsed("--ipi-ns=1.5", "--drain-ns=50000"));
    }

    @Test
    void shouldQuoteWhatItRefuses() {
        final Exception negative = assertThrows(BadInputException.class, () -> parsed("--drain-ns=-3"));
        assertTrue(negative.getMessage().contains("'-3.0'"), negative::getMessage);
        final Exception none = assertThrows(BadInputException.class, () -> parsed("--ipi-ns", "NaN"));
        assertTrue(none.getMessage().contains("'NaN'"), none::getMessage);
        final Exception word = assertThrows(ParameterException.class, () -> parsed("--ipi-ns", "soon"));
        assertTrue(word.getMessage().contains("'soon'"), word::getMessage);
    }

    @Test
    void shouldSayInItsHelpWhereAFigureComesFrom() {
        final String help = new CommandLine(new AnyCommand()).getUsageMessage();
        assertTrue(help.contains("--ipi-ns=N") && help.contains("--drain-ns=N"), help);
        assertTrue(help.contains("99.1 %"), help);
    }
}
