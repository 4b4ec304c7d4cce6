package org.gup.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the product to {@link PackageRules}, and shows of each rule that a tree can break it. */
class PackageArrowsTest {
    private static final JavaClasses PRODUCT;
    private static final JavaClasses WRONG;

    static {
        // Rules look at the names of what is outside the tree, never into it: reading the JDK's classes takes long.
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        PRODUCT = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.gup");
        WRONG = new ClassFileImporter().importPackages("org.gup.arch.wrong");
    }

    static Stream<Named<ArchRule>> rules() {
        return new PackageRules("org.gup").all().stream().map(rule -> Named.of(rule.getDescription(), rule));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void shouldHoldInTheProduct(final ArchRule rule) {
        rule.check(PRODUCT);
    }

    @Test
    void shouldHaveLookedAtTheProductAndAtNothingElse() {
        for (final String name :
                List.of("org.gup.fast.FastWalker", "org.gup.page.PageRef", "org.gup.tlb.WalkerEpoch")) {
            assertTrue(PRODUCT.contain(name), name);
        }
        assertFalse(PRODUCT.contain(PackageArrowsTest.class));
        assertFalse(PRODUCT.stream().anyMatch(c -> c.getPackageName().startsWith("org.gup.arch")));
    }

    @Test
    void shouldSeeAnArrowThatPointsUp() {
        assertViolations(wrong().arrowsPointDown(), "upward: ", "PageThatFaults", "WrongFaults");
    }

    @Test
    void shouldSeeAPackageThatNobodyRanked() {
        assertViolations(wrong().arrowsPointDown(), "no rank is known for ", "Stray");
    }

    @Test
    void shouldSeeACycleBetweenPackagesOfOneRank() {
        assertViolations(wrong().packagesAreFreeOfCycles(), "Cycle detected", "Slice page", "Slice pgtable");
    }

    @Test
    void shouldSeeTheFastWalkReachFurtherThanItMay() {
        final ArchRule rule = wrong().fastReachesOnlyWhatItReads();
        assertViolations(rule, "ImpatientWalker", "WrongFaults");
        assertViolations(rule, "ImpatientWalker", "java.util.concurrent.locks.ReentrantLock");
        assertViolations(rule, "ImpatientWalker", "org.agrona.UnsafeApi");
    }

    @Test
    void shouldSeeTheSlowWalkUseTheFastOne() {
        assertViolations(wrong().slowKnowsNothingOfFast(), "SlowWalkerThatFallsForward", "ImpatientWalker");
    }

    @Test
    void shouldSeeRawAccessWhereItDoesNotBelong() {
        final ArchRule rule = wrong().rawAccessStaysInFivePackages();
        assertViolations(rule, "ImpatientWalker", "org.agrona.UnsafeApi");
        final List<String> details = rule.evaluate(WRONG).getFailureReport().getDetails();
        assertTrue(details.stream().noneMatch(d -> d.contains("RawPage")), "allowed in page: " + details);
    }

    @Test
    void shouldSeeALibraryThatIsNotAllowed() {
        assertViolations(wrong().dependenciesAreTheJdkAgronaAndJspecify(), "TestedFlags", "org.junit.jupiter");
    }

    @Test
    void shouldHaveShownEveryRuleAbleToFail() {
        for (final ArchRule rule : wrong().all()) {
            assertTrue(rule.evaluate(WRONG).hasViolation(), rule.getDescription());
        }
        assertEquals(6, wrong().all().size());
    }

    @Test
    void shouldNotFailForPackagesThatDoNotExist() {
        final JavaClasses onlyPage = new ClassFileImporter().importPackages("org.gup.arch.wrong.page");
        assertFalse(wrong().fastReachesOnlyWhatItReads().evaluate(onlyPage).hasViolation());
        assertFalse(wrong().slowKnowsNothingOfFast().evaluate(onlyPage).hasViolation());
    }

    private static PackageRules wrong() {
        return new PackageRules("org.gup.arch.wrong");
    }

    private static void assertViolations(final ArchRule rule, final String... words) {
        final EvaluationResult result = rule.evaluate(WRONG);
        assertTrue(
                result.getFailureReport().getDetails().stream()
                        .anyMatch(d -> Arrays.stream(words).allMatch(d::contains)),
                () -> "no violation says " + Arrays.toString(words) + ": " + result.getFailureReport());
    }
}
