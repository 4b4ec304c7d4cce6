package org.gup.bench.env;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of a text what says whose machine it came from: absolute paths lose their folders, host and user names are
 * replaced. What a results folder holds goes through here, since some are committed.
 */
public final class Scrubber {
    private static final String PATH = "<path>/";

    /** Starts of absolute paths that are the same everywhere. */
    private static final Set<String> HARMLESS = Set.of("proc", "sys", "dev");

    /** Names that are no secret, and would spoil ordinary words. */
    private static final Set<String> COMMON = Set.of("root", "user", "localhost", "linux", "java", "test", "runner");

    private static final Pattern UNIX_PATH =
            Pattern.compile("(?<![\\w./<>~-])/([\\w.@+-]+)/(?:[\\w.@+-]+/)*([\\w.@+-]*)");
    private static final Pattern WINDOWS_PATH =
            Pattern.compile("(?<!\\w)[A-Za-z]:\\\\(?:[^\\\\\\s\"';]+\\\\)*([^\\\\\\s\"';]*)");

    /** Stands for a folder whose name may hold spaces, until the paths are shortened. */
    private static final String FOLDER = "/folder/_";

    private final List<String> folders = new ArrayList<>();
    private final List<Map.Entry<Pattern, String>> names = new ArrayList<>();

    Scrubber(final Optional<String> host, final Optional<String> user, final List<String> folders) {
        folders.stream().filter(folder -> folder.length() > 1).forEach(this.folders::add);
        host.ifPresent(name -> addName(name, "<host>"));
        user.ifPresent(name -> addName(name, "<user>"));
    }

    /**
     * A scrubber for this machine and user.
     *
     * @return a scrubber
     */
    public static Scrubber ofThisMachine() {
        return new Scrubber(
                hostName(),
                Optional.ofNullable(System.getProperty("user.name")),
                List.of(System.getProperty("user.dir", ""), System.getProperty("user.home", "")));
    }

    private static Optional<String> hostName() {
        final Optional<String> kernel = SystemFiles.firstLine("/proc/sys/kernel/hostname");
        if (kernel.isPresent()) {
            return kernel;
        }
        try {
            return Optional.of(InetAddress.getLocalHost().getHostName());
        } catch (final UnknownHostException none) {
            return Optional.empty();
        }
    }

    private void addName(final String name, final String replacement) {
        if (name.length() > 1 && !COMMON.contains(name)) {
            names.add(Map.entry(
                    Pattern.compile("(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])"),
                    Matcher.quoteReplacement(replacement)));
        }
    }

    /**
     * Scrubs a text.
     *
     * @param text anything
     * @return the same, fit to be published
     */
    public String scrub(final String text) {
        String scrubbed = text;
        for (final String folder : folders) {
            scrubbed = scrubbed.replace(folder, FOLDER);
        }
        scrubbed = UNIX_PATH
                .matcher(scrubbed)
                .replaceAll(match -> HARMLESS.contains(match.group(1))
                        ? Matcher.quoteReplacement(match.group())
                        : Matcher.quoteReplacement(PATH + match.group(2)));
        scrubbed = WINDOWS_PATH.matcher(scrubbed).replaceAll(match -> Matcher.quoteReplacement(PATH + match.group(1)));
        for (final Map.Entry<Pattern, String> name : names) {
            scrubbed = name.getKey().matcher(scrubbed).replaceAll(name.getValue());
        }
        return scrubbed;
    }
}
