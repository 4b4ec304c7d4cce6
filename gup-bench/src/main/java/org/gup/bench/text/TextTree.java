package org.gup.bench.text;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Names with slashes as a tree, in natural order. What has no branch stands in one line. */
public final class TextTree {
    private static final String INDENT = "  ";

    private final SortedMap<String, TextTree> children = new TreeMap<>(new NaturalOrder());
    private String remark = "";

    /** A tree without names. */
    public TextTree() {}

    /**
     * Adds a name.
     *
     * @param name parts with slashes between them
     * @param about what stands behind it; not empty
     */
    public void add(final String name, final String about) {
        TextTree at = this;
        for (final String part : name.split("/", -1)) {
            at = at.children.computeIfAbsent(part, none -> new TextTree());
        }
        at.remark = about;
    }

    /**
     * The tree.
     *
     * @return lines, indented by their depth
     */
    public List<String> lines() {
        final List<String> lines = new ArrayList<>();
        children.forEach((part, child) -> child.write(part, "", lines));
        return lines;
    }

    private void write(final String name, final String indent, final List<String> lines) {
        if (remark.isEmpty() && children.size() == 1) {
            final String part = children.firstKey();
            children.values().iterator().next().write(name + "/" + part, indent, lines);
            return;
        }
        lines.add((indent + name + INDENT + remark).stripTrailing());
        children.forEach((part, child) -> child.write(part, indent + INDENT, lines));
    }
}
