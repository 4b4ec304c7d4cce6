package org.gup.bench.plan;

/**
 * One JVM to be started.
 *
 * @param order position in the run, from 0
 * @param round the round it belongs to, from 0
 * @param benchCase what it measures
 */
public record ForkRun(int order, int round, BenchCase benchCase) {}
