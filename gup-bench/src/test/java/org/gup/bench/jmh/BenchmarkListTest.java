package org.gup.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.gup.bench.plan.Subject;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

class BenchmarkListTest {
    @Test
    void shouldHoldExactlyTheBenchmarksOfTheManifest() {
        final Set<String> listed = BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), java.util.List.of())
                .stream()
                .map(entry -> entry.getUsername())
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(
                Arrays.stream(Subject.values()).map(Subject::benchmark).collect(Collectors.toCollection(TreeSet::new)),
                listed);
    }
}
