package org.gup.bench.agree.scene;

/** What a process has done before a recorded call. */
@FunctionalInterface
public interface Scene {
    /**
     * Sets the scene.
     *
     * @param stage an empty process on a fresh machine
     */
    void set(Stage stage);
}
