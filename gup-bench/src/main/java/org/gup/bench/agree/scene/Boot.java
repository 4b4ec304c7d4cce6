package org.gup.bench.agree.scene;

/** The kernels and memories that the calls were recorded on. */
public enum Boot {
    /** Ordinary memory; no user page in a contiguous memory area. */
    PLAIN,
    /** User pages come from a contiguous memory area. */
    CMA,
    /** User pages come from ZONE_MOVABLE. */
    MOVABLE,
    /** As PLAIN, on a processor without protection keys. */
    NO_PKU,
    /** As PLAIN, with a vsyscall page. */
    VSYSCALL,
    /** As MOVABLE, built without CONFIG_CMA and CONFIG_FS_DAX. */
    NO_CMA;

    /**
     * The boot of a row.
     *
     * @param name as rows have it; a trailing b marks a second boot of the same kind
     * @return which
     * @throws IllegalArgumentException if there is no such boot
     */
    public static Boot of(final String name) {
        return switch (name) {
            case "k52plain", "k52plainb" -> PLAIN;
            case "k52cma", "k52cmab" -> CMA;
            case "k52mov" -> MOVABLE;
            case "k52nopku" -> NO_PKU;
            case "k52vs" -> VSYSCALL;
            case "k52nocma" -> NO_CMA;
            default -> throw new IllegalArgumentException("no such boot: " + name);
        };
    }
}
