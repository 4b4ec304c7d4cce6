package org.gup.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.agrona.UnsafeApi;

@AnalyzeClasses(packages = "org.gup.bench", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule SHOULD_HAVE_NO_CYCLES =
            slices().matching("org.gup.bench.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule SHOULD_TOUCH_RAW_MEMORY_IN_THE_BASELINE_ALONE = noClasses()
            .that()
            .haveNameNotMatching(".*\\.AtomicAdd(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(UnsafeApi.class);

    @ArchTest
    static final ArchRule SHOULD_KNOW_JMH_WHERE_IT_RUNS_BENCHMARKS_ALONE = noClasses()
            .that()
            .resideInAnyPackage("..stats..", "..env..", "..layout..", "..error..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.openjdk.jmh..");
}
