package org.gup.bench.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.gup.GetUserPages;
import org.gup.bench.mutate.SharedMachine;
import org.gup.bench.mutate.SharedSpace;
import org.gup.offheap.Await;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Threads that get pages against threads that change the address spaces these belong to: one of a few pages, where everybody meets,
 * and one of many. Checked all the while: each result, each held page ({@link Holding}), and several times a second, while everybody
 * pauses, all references ({@link Ledger}); at the end, that nothing is left.
 *
 * <p>The seed gives each thread its choices. What they meet depends on how the machine schedules them, which a seed does not repeat.
 *
 * <p>Threading: {@link #run} once; {@link #stop} by any thread at any time.
 */
public final class Soak {
    private static final int HOT_PAGES = 16;
    private static final int WIDE_PAGES = 512;
    private static final long CHECK_MILLIS = 200;
    private static final long STUCK_SECONDS = 60;
    private static final long GIVE_UP_SECONDS = 5;

    private final SoakPlan plan;
    private final Pinner.References references;
    private final SharedMachine machine;
    private final List<SharedSpace> spaces = new ArrayList<>();
    private final List<Pinner> pinners = new ArrayList<>();
    private final List<Changer> changers = new ArrayList<>();
    private final ReentrantReadWriteLock pause = new ReentrantReadWriteLock(true);
    private final CountDownLatch stopAsked = new CountDownLatch(1);
    private final AtomicReference<@Nullable ViolationException> violation = new AtomicReference<>();
    private volatile boolean stopped;
    private volatile boolean aborted;

    /** Ends a wait of a thread whose partner is gone. */
    static final class AbortedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AbortedException() {
            super("aborted");
        }
    }

    /**
     * A soak that has not begun.
     *
     * @param plan what to run
     */
    public Soak(final SoakPlan plan) {
        this(plan, GetUserPages::putPages);
    }

    Soak(final SoakPlan plan, final Pinner.References references) {
        this.plan = plan;
        this.references = references;
        this.machine = new SharedMachine(this::await);
    }

    private void await(final int tries) {
        if (aborted) {
            throw new AbortedException();
        }
        Await.YIELDING.pause(tries);
    }

    /**
     * Runs.
     *
     * @param listener hears of the counts several times a second
     * @return the counts at the end
     * @throws ViolationException if something that must hold did not
     */
    public SoakCounts run(final Consumer<SoakCounts> listener) {
        final long started = System.nanoTime();
        final Task task = machine.memory().newTask(0);
        machine.preferContiguous(task);
        spaces.add(new SharedSpace(machine, task, HOT_PAGES));
        spaces.add(new SharedSpace(machine, task, WIDE_PAGES));
        final List<Thread> threads = makeThreads();
        final Ledger ledger = new Ledger(machine, task);
        long checks = 0;
        long held = 0;
        threads.forEach(Thread::start);
        while (!isStopped() && elapsed(started).compareTo(plan.length()) < 0) {
            sleep(Math.min(CHECK_MILLIS, plan.length().minus(elapsed(started)).toMillis() + 1));
            held += pausedCheck(ledger);
            checks++;
            listener.accept(SoakCounts.of(pinners, changers, elapsed(started), checks, held, 0));
        }
        stopped = true;
        join(threads, STUCK_SECONDS);
        throwIfViolated(threads);
        try {
            spaces.forEach(space -> space.close(task));
            machine.checkBooks(task);
        } catch (final RuntimeException wrong) {
            throw new ViolationException("at the end: " + wrong.getMessage(), wrong);
        } finally {
            machine.close();
        }
        return SoakCounts.of(pinners, changers, elapsed(started), checks, held, machine.reclaimed());
    }

    private List<Thread> makeThreads() {
        final SplittableRandom random = new SplittableRandom(plan.seed());
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < plan.pinners(); i++) {
            pinners.add(new Pinner(this, i, machine.memory().newTask(i % 2), random.split(), references));
        }
        for (int i = 0; i < plan.changers(); i++) {
            changers.add(new Changer(this, i, machine.memory().newTask((i + 1) % 2), random.split()));
        }
        workers().forEach(worker -> {
            final Thread thread = new Thread(worker, worker.name());
            thread.setDaemon(true);
            threads.add(thread);
        });
        return threads;
    }

    private List<Worker> workers() {
        final List<Worker> workers = new ArrayList<>(pinners);
        workers.addAll(changers);
        return workers;
    }

    private static Duration elapsed(final long started) {
        return Duration.ofNanos(System.nanoTime() - started);
    }

    private void sleep(final long millis) {
        try {
            stopAsked.await(millis, TimeUnit.MILLISECONDS);
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            stop();
        }
    }

    /** Makes everybody pause, and looks at the books. */
    private long pausedCheck(final Ledger ledger) {
        if (!tryPause()) {
            if (!isStopped()) {
                fail(
                        "no pause for " + STUCK_SECONDS + " s: "
                                + String.join(
                                        ", ",
                                        workers().stream().map(Worker::state).toList()),
                        null);
            }
            return 0;
        }
        try {
            return violation.get() == null ? ledger.check(pinners) : 0;
        } catch (final RuntimeException wrong) {
            fail("while everybody paused: " + wrong.getMessage(), wrong);
            return 0;
        } finally {
            pause.writeLock().unlock();
        }
    }

    private boolean tryPause() {
        try {
            return pause.writeLock().tryLock(STUCK_SECONDS, TimeUnit.SECONDS);
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            stop();
            return false;
        }
    }

    private void join(final List<Thread> threads, final long seconds) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (final Thread thread : threads) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, deadline - System.nanoTime()));
            } catch (final InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void throwIfViolated(final List<Thread> threads) {
        if (violation.get() == null && threads.stream().anyMatch(Thread::isAlive)) {
            fail(
                    "threads did not end within " + STUCK_SECONDS + " s: "
                            + String.join(
                                    ", ", workers().stream().map(Worker::state).toList()),
                    null);
        }
        final ViolationException found = violation.get();
        if (found == null) {
            return;
        }
        join(threads, GIVE_UP_SECONDS);
        if (threads.stream().noneMatch(Thread::isAlive)) {
            closeAfter(found);
        }
        throw found;
    }

    /** A thread that died within a call may have left something that closing waits for: then the memory stays. */
    private void closeAfter(final ViolationException found) {
        try {
            machine.close();
        } catch (final AbortedException stuck) {
            found.addSuppressed(stuck);
        }
    }

    /** Ends the run early; what has been done so far is checked as always. */
    public void stop() {
        stopped = true;
        stopAsked.countDown();
    }

    /** The first failure counts: others may follow from it. Nobody waits any longer. */
    void fail(final String message, final @Nullable Throwable cause) {
        violation.compareAndSet(
                null, cause == null ? new ViolationException(message) : new ViolationException(message, cause));
        aborted = true;
        stop();
    }

    boolean isStopped() {
        return stopped;
    }

    /** Held while a batch of steps runs. */
    Lock running() {
        return pause.readLock();
    }

    SharedMachine machine() {
        return machine;
    }

    List<SharedSpace> spaces() {
        return spaces;
    }
}
