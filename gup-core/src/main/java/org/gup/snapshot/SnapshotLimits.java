package org.gup.snapshot;

/**
 * How much of a process to accept. What an input claims about itself never decides how much memory is used; these limits do.
 *
 * @param maxVmas most mappings
 * @param maxMappedPages most base pages whose entries are read or listed; mappings without a page in memory or in swap are
 *     not read
 * @param maxHeldPages most base pages in memory and in swap together
 * @param maxFilePages most base pages of all mappings of files together, since the model keeps four bytes for each
 * @param maxTextBytes most bytes of one text file, unpacked
 */
public record SnapshotLimits(
        int maxVmas, long maxMappedPages, long maxHeldPages, long maxFilePages, long maxTextBytes) {
    /** 65,530 mappings, 1 TiB of entries, 16 GiB held, 256 GiB of files, 512 MiB of text. */
    public static final SnapshotLimits DEFAULTS = new SnapshotLimits(65_530, 1L << 28, 1L << 22, 1L << 26, 512L << 20);

    /** Checks the numbers. */
    public SnapshotLimits {
        range("maxVmas", maxVmas, 65_530);
        range("maxMappedPages", maxMappedPages, 1L << 36);
        range("maxHeldPages", maxHeldPages, 1L << 26);
        range("maxFilePages", maxFilePages, 1L << 28);
        range("maxTextBytes", maxTextBytes, 1L << 40);
    }

    private static void range(final String name, final long value, final long most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + " out of range: " + value + ", allowed 1 to " + most);
        }
    }

    DumpOptions textOptions() {
        return DumpOptions.DEFAULTS.withMaxVmas(maxVmas);
    }
}
