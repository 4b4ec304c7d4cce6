package org.gup.flags;

/**
 * Error numbers, as positive values; calls return them negated. Models {@code include/uapi/asm-generic/errno*.h}.
 */
public final class Errno {
    /** Interrupted. */
    public static final int EINTR = 4;
    /** Try again. */
    public static final int EAGAIN = 11;
    /** Out of memory. */
    public static final int ENOMEM = 12;
    /** Permission denied. */
    public static final int EACCES = 13;
    /** Bad address. */
    public static final int EFAULT = 14;
    /** Busy. */
    public static final int EBUSY = 16;
    /** Exists; inside the slow walk: an entry without a {@code struct page}. */
    public static final int EEXIST = 17;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** Too many links. */
    public static final int EMLINK = 31;
    /** No such entry; inside the slow walk: a page that may be skipped. */
    public static final int ENOENT = 2;
    /** Function not implemented. */
    public static final int ENOSYS = 38;
    /** Value too large. */
    public static final int EOVERFLOW = 75;
    /** Operation not supported. */
    public static final int EOPNOTSUPP = 95;
    /** Remote I/O error. */
    public static final int EREMOTEIO = 121;
    /** The page has a hardware error. */
    public static final int EHWPOISON = 133;
    /** A signal is pending; internal to the kernel, visible to its callers of get_user_pages. */
    public static final int ERESTARTSYS = 512;

    private Errno() {}

    /**
     * The symbolic name.
     *
     * @param errno a positive error number
     * @return its name, such as {@code EFAULT}, or {@code errno N} for one not listed here
     */
    public static String name(final int errno) {
        return switch (errno) {
            case ENOENT -> "ENOENT";
            case EINTR -> "EINTR";
            case EAGAIN -> "EAGAIN";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case EFAULT -> "EFAULT";
            case EBUSY -> "EBUSY";
            case EEXIST -> "EEXIST";
            case EINVAL -> "EINVAL";
            case EMLINK -> "EMLINK";
            case ENOSYS -> "ENOSYS";
            case EOVERFLOW -> "EOVERFLOW";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case EREMOTEIO -> "EREMOTEIO";
            case EHWPOISON -> "EHWPOISON";
            case ERESTARTSYS -> "ERESTARTSYS";
            default -> "errno " + errno;
        };
    }
}
