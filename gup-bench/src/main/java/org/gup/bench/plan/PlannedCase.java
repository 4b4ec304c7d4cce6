package org.gup.bench.plan;

/**
 * A case and how often it runs.
 *
 * @param benchCase the case
 * @param forks JVMs it is measured in
 */
public record PlannedCase(BenchCase benchCase, int forks) {}
