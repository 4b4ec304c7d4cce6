package org.gup.file;

/** What a mapping can be of. Models {@code struct file} with its inode and {@code struct address_space}. */
public interface MappedFile {
    /**
     * Its name, for messages.
     *
     * @return a short text
     */
    String name();

    /**
     * Whether its pages are the device's own. Models {@code IS_DAX(inode)}.
     *
     * @return true for files of a DAX file system and for device DAX
     */
    boolean isDax();

    /**
     * Whether it is a character device. Models {@code S_ISCHR(inode->i_mode)}.
     *
     * @return true for device DAX and for memory devices
     */
    boolean isCharDevice();

    /**
     * Who its pages belong to in reverse mapping.
     *
     * @return an id of {@code Rmap.newOwner}, or 0 if its pages have no reverse mapping
     */
    long owner();

    /**
     * Whether a shared writable mapping starts with read-only entries, so that the file hears of the first write. Models
     * {@code vma_wants_writenotify()}.
     *
     * @return true for files whose dirty pages are accounted
     */
    boolean wantsWriteNotify();

    /**
     * Whether a long-term pin of its pages is refused because the file system may take its blocks back. Models
     * {@code vma_is_fsdax()}.
     *
     * @return true for DAX that is no character device
     */
    default boolean isFsDax() {
        return isDax() && !isCharDevice();
    }
}
