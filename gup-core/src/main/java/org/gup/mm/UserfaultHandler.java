package org.gup.mm;

import org.gup.task.Task;

/** Who serves missing pages for others. Models the reader of a userfaultfd. */
@FunctionalInterface
public interface UserfaultHandler {
    /**
     * A page is missing, and a fault waits for it. Called by the task that faults, without mmap_sem; when it returns, the fault
     * is tried again, so it should have filled the page ({@link MmStruct#fillMissing}).
     *
     * @param task who faults
     * @param mm the address space
     * @param address the page's address
     */
    void missing(Task task, MmStruct mm, long address);
}
