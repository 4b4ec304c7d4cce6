package org.gup.bench;

import picocli.CommandLine.Command;

/** Stands for JMH in the help; {@link Main} calls JMH before picocli looks at the command line. */
@Command(
        name = JmhCommand.NAME,
        customSynopsis = "gup-bench jmh ARGS...",
        description = "JMH itself; arguments go to it untouched. Try: jmh -h, jmh -l, jmh -lp.")
final class JmhCommand implements Runnable {
    static final String NAME = "jmh";

    @Override
    public void run() {
        throw new IllegalStateException("JMH is called before the command line is parsed");
    }
}
