package org.gup.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The arrows between the packages below a root. The root is a parameter, so that the rules can be held against a tree that
 * breaks them.
 */
final class PackageRules {
    private static final int ROOT_RANK = 6;
    private static final Map<String, Integer> RANKS = ranks(List.of(
            List.of("offheap", "flags", "kernel", "stat", "task", "page", "pgtable"),
            List.of("rmap", "file", "zone", "fast", "tlb"),
            List.of("mm"),
            List.of("slow", "migrate"),
            List.of("longterm", "cma"),
            List.of("snapshot"),
            List.of(), // the root
            List.of("shim"))); // so that nothing of the product may know it

    private final String root;

    PackageRules(final String root) {
        this.root = root;
    }

    private static Map<String, Integer> ranks(final List<List<String>> packagesByRank) {
        final Map<String, Integer> ranks = new TreeMap<>();
        for (int rank = 0; rank < packagesByRank.size(); rank++) {
            for (final String name : packagesByRank.get(rank)) {
                ranks.put(name, rank);
            }
        }
        return Map.copyOf(ranks);
    }

    private String[] below(final String... names) {
        final String[] packages = new String[names.length];
        for (int i = 0; i < names.length; i++) {
            packages[i] = root + "." + names[i] + "..";
        }
        return packages;
    }

    /** Rank of a package, -1 for one that has none. */
    private int rank(final String packageName) {
        if (packageName.equals(root)) {
            return ROOT_RANK;
        }
        final String rest = packageName.substring(root.length() + 1);
        final int dot = rest.indexOf('.');
        return RANKS.getOrDefault(dot < 0 ? rest : rest.substring(0, dot), -1);
    }

    /** A class depends on its own rank or lower ones only; there is no package without a rank. */
    ArchRule arrowsPointDown() {
        return classes().should(new ArchCondition<JavaClass>("depend on packages of their rank or lower ones") {
            @Override
            public void check(final JavaClass origin, final ConditionEvents events) {
                final int rank = rank(origin.getPackageName());
                if (rank < 0) {
                    events.add(SimpleConditionEvent.violated(origin, "no rank is known for " + origin.getName()));
                }
                for (final Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                    final String target = dependency.getTargetClass().getPackageName();
                    if ((target.equals(root) || target.startsWith(root + ".")) && rank(target) > rank) {
                        events.add(SimpleConditionEvent.violated(origin, "upward: " + dependency.getDescription()));
                    }
                }
            }
        });
    }

    ArchRule packagesAreFreeOfCycles() {
        return slices().matching(root + ".(*)..").should().beFreeOfCycles().allowEmptyShould(true);
    }

    /** So that the fast walk can take no mmap_sem, fault, allocate or migrate: what could is out of its reach. */
    ArchRule fastReachesOnlyWhatItReads() {
        return classes()
                .that()
                .resideInAPackage(root + ".fast..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage(below("fast", "tlb", "pgtable", "page", "task", "stat", "kernel", "flags"))
                                .or(resideInAnyPackage("java.lang..", "java.util", "org.jspecify.annotations")))
                .allowEmptyShould(true);
    }

    /** Falling back from fast to slow is the decision of the one above both. */
    ArchRule slowKnowsNothingOfFast() {
        return noClasses()
                .that()
                .resideInAPackage(root + ".slow..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(root + ".fast..")
                .allowEmptyShould(true);
    }

    /** Every access to a shared word passes a handful of accessors; the shim stands in for what they call. */
    ArchRule rawAccessStaysInFivePackages() {
        return noClasses()
                .that()
                .resideOutsideOfPackages(below("offheap", "page", "pgtable", "tlb", "zone", "shim"))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.agrona.UnsafeApi")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("sun.misc..", "jdk.internal..");
    }

    ArchRule dependenciesAreTheJdkAgronaAndJspecify() {
        return classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(root, root + "..", "java..", "org.agrona..")
                        .or(resideInAnyPackage("org.jspecify.annotations")));
    }

    List<ArchRule> all() {
        return List.of(
                arrowsPointDown(),
                packagesAreFreeOfCycles(),
                fastReachesOnlyWhatItReads(),
                slowKnowsNothingOfFast(),
                rawAccessStaysInFivePackages(),
                dependenciesAreTheJdkAgronaAndJspecify());
    }
}
