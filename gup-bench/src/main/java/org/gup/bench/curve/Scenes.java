package org.gup.bench.curve;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The scenes of every family. */
final class Scenes implements AutoCloseable {
    private final Deque<Scene> scenes = new ArrayDeque<>();

    /**
     * Sets all of them up.
     *
     * @param seed of what is scattered
     * @param threads the most that ask at the same time
     */
    Scenes(final long seed, final int threads) {
        scenes.add(new BadPagesScene());
        scenes.add(new LeafScene());
        scenes.add(new PlacesScene(seed));
        scenes.add(new ThreadsScene(threads));
    }

    /**
     * What is measured, the same in every process.
     *
     * @param threads the most that ask at the same time
     * @return every point, in the order of the tables
     */
    static List<CurveCase> cases(final int threads) {
        final List<CurveCase> cases = new ArrayList<>(BadPagesScene.cases());
        cases.addAll(LeafScene.cases());
        cases.addAll(PlacesScene.cases());
        cases.addAll(ThreadsScene.cases(threads));
        return List.copyOf(cases);
    }

    List<Probe> probes() {
        return scenes.stream().flatMap(scene -> scene.probes().stream()).toList();
    }

    @Override
    public void close() {
        while (!scenes.isEmpty()) {
            scenes.removeLast().close();
        }
    }
}
