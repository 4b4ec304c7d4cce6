package org.gup.conformance;

import org.gup.shim.ShimClassLoader;

/**
 * How a row is played. The texts repeat the row, so that the case can be read by itself; the harness compares them.
 *
 * @param id the row
 * @param setup its setup
 * @param call its call
 * @param config what the machine needs
 * @param interposed whether something happens in the middle of a call: it is then played under {@link ShimClassLoader}
 * @param play sets the scene, makes the calls, looks at what there is to see
 */
record Case(String id, String setup, String call, Config config, boolean interposed, Play play) {
    /** Sets the scene and plays it. */
    @FunctionalInterface
    interface Play {
        void on(Scene scene) throws Exception;
    }
}
