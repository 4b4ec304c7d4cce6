package org.gup.bench.agree;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.gup.bench.agree.call.Caller;
import org.gup.bench.agree.call.Observed;
import org.gup.bench.agree.scene.Boot;
import org.gup.bench.agree.scene.Machine;
import org.gup.bench.agree.scene.Scene;
import org.gup.bench.agree.scene.Scenes;
import org.gup.bench.agree.scene.Stage;
import org.gup.bench.agree.truth.RecordedCall;

/** Makes recorded calls on the model, each on a scene of its own, and compares. */
public final class Agreement {
    /** A call that takes longer gets SIGKILL, as a process that hangs would. */
    private static final long PATIENCE_SECONDS = 10;
    /** Rows of a worker at a time. */
    private static final int BATCH = 128;

    private Agreement() {}

    /**
     * Makes calls and compares.
     *
     * @param calls recorded calls of setups that have a scene
     * @param threads how many at a time
     * @return an outcome for each, in the same order
     */
    public static List<Outcome> of(final List<RecordedCall> calls, final int threads) {
        final ExecutorService workers = Executors.newFixedThreadPool(threads);
        final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();
        final Queue<Machines> built = new ConcurrentLinkedQueue<>();
        try {
            final ThreadLocal<Machines> machines = ThreadLocal.withInitial(() -> {
                final Machines mine = new Machines(watch);
                built.add(mine);
                return mine;
            });
            final List<Future<List<Outcome>>> batches = new ArrayList<>();
            for (int from = 0; from < calls.size(); from += BATCH) {
                final List<RecordedCall> batch = calls.subList(from, Math.min(calls.size(), from + BATCH));
                batches.add(workers.submit(
                        () -> batch.stream().map(machines.get()::outcome).toList()));
            }
            final List<Outcome> outcomes = new ArrayList<>(calls.size());
            for (final Future<List<Outcome>> batch : batches) {
                outcomes.addAll(batch.get());
            }
            return outcomes;
        } catch (final ExecutionException failed) {
            throw new IllegalStateException("a worker failed", failed.getCause());
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", interrupted);
        } finally {
            workers.shutdownNow();
            watch.shutdownNow();
            closeAll(workers, built);
        }
    }

    /** Gives the machines' memory back once nobody uses it; a worker that does not end keeps it. */
    private static void closeAll(final ExecutorService workers, final Queue<Machines> built) {
        try {
            if (workers.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                built.forEach(Machines::close);
            }
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The machines of one worker: one for each boot, replaced when a scene has left something behind. */
    static final class Machines implements AutoCloseable {
        private final Map<Boot, Machine> machines = new EnumMap<>(Boot.class);
        private final ScheduledExecutorService watch;

        Machines(final ScheduledExecutorService watch) {
            this.watch = watch;
        }

        Outcome outcome(final RecordedCall recorded) {
            final Machine machine = machines.computeIfAbsent(Boot.of(recorded.boot()), Machine::new);
            final List<Difference> differences = new ArrayList<>();
            boolean clean = false;
            try {
                clean = run(machine, recorded, differences);
            } catch (final RuntimeException | AssertionError failed) {
                differences.add(thrown("after the call", failed));
            } finally {
                if (!clean) {
                    discard(machine);
                }
            }
            return new Outcome(recorded, List.copyOf(differences));
        }

        /** Answers whether the machine is as it was before. */
        private boolean run(final Machine machine, final RecordedCall recorded, final List<Difference> differences) {
            final Stage stage = new Stage(machine, recorded);
            final Scene scene = Objects.requireNonNull(Scenes.of(recorded.setup()), recorded.setup());
            try {
                scene.set(stage);
            } catch (final RuntimeException | AssertionError failed) {
                differences.add(thrown("scene", failed));
                return false;
            }
            final Observed observed;
            final Future<?> alarm =
                    watch.schedule(() -> stage.task().sendSigkill(), PATIENCE_SECONDS, TimeUnit.SECONDS);
            try {
                observed = Caller.call(stage);
            } catch (final RuntimeException | AssertionError failed) {
                differences.add(thrown("call", failed));
                return false;
            } finally {
                alarm.cancel(false);
            }
            if (stage.task().fatalSignalPending()) {
                differences.add(new Difference("call", "went well", "did not end within " + PATIENCE_SECONDS + " s"));
                return false;
            }
            differences.addAll(Comparison.of(recorded, observed));
            stage.close();
            if (stage.isMachineWornOut()) {
                return false;
            }
            final long leaked = machine.leakedPages();
            if (leaked != 0) {
                differences.add(new Difference("pages left", "0", String.valueOf(leaked)));
            }
            return leaked == 0;
        }

        /** What was thrown, in words, with the innermost place of the model. */
        private static Difference thrown(final String field, final Throwable failed) {
            final StackTraceElement[] trace = failed.getStackTrace();
            String at = "";
            for (final StackTraceElement element : trace) {
                if (element.getClassName().startsWith("org.gup.")) {
                    at = " in " + element.getFileName().replace(".java", "") + "." + element.getMethodName();
                    break;
                }
            }
            return new Difference(
                    field, "went well", failed.getClass().getSimpleName() + " " + failed.getMessage() + at);
        }

        private void discard(final Machine machine) {
            machines.remove(machine.boot());
            try {
                machine.close();
            } catch (final RuntimeException ignored) {
                // What a failed scene holds is gone with the machine either way.
            }
        }

        @Override
        public void close() {
            machines.values().forEach(Machine::close);
            machines.clear();
        }
    }
}
