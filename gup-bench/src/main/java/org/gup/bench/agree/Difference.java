package org.gup.bench.agree;

/**
 * One thing in which the model differs from the recording.
 *
 * @param field what, in a word or two
 * @param recorded what the kernel did
 * @param model what the model did
 */
public record Difference(String field, String recorded, String model) {
    @Override
    public String toString() {
        return field + ": kernel " + recorded + ", model " + model;
    }
}
