package org.gup.mm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.gup.task.Task;

/** Threads that start at one moment, each with a task of its own; a failure of any is the caller's. */
final class Crew implements AutoCloseable {
    /** What a member does. */
    interface Job {
        void run(Task task, int member) throws Exception;
    }

    private final ExecutorService threads;
    private final List<Task> tasks = new ArrayList<>();

    Crew(final MmMachine machine, final int members) {
        threads = Executors.newFixedThreadPool(members, work -> {
            final Thread thread = new Thread(work, "crew");
            thread.setDaemon(true);
            return thread;
        });
        for (int member = 0; member < members; member++) {
            tasks.add(machine.newTask(member % 2));
        }
    }

    /** Runs the job on every member and waits for all. */
    void run(final Job job) throws Exception {
        final CyclicBarrier barrier = new CyclicBarrier(tasks.size());
        final List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            final int member = i;
            results.add(threads.submit(() -> {
                barrier.await();
                job.run(tasks.get(member), member);
                return null;
            }));
        }
        for (final Future<?> result : results) {
            try {
                result.get();
            } catch (final ExecutionException failed) {
                throw new AssertionError(String.valueOf(failed.getCause().getMessage()), failed.getCause());
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
