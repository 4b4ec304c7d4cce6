package org.gup.bench.layout;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.gup.bench.layout.PageSurvey.Way;

/**
 * What is left of a survey when its address space is gone: as it is written and read.
 *
 * @param label of the layout
 * @param sweptPages pages that both calls get
 * @param faults faults that the slow path took
 * @param frameRuns runs of consecutive frames
 * @param groups pages by way and reason
 */
public record SurveyResult(String label, long sweptPages, long faults, long frameRuns, List<Group> groups) {
    /**
     * Pages that went the same way for the same reason.
     *
     * @param way the way
     * @param reason why the lock-free walk stopped there
     * @param errno what the slow path says, such as {@code -EFAULT}; {@code 0} if it gets the page
     * @param pages how many
     * @param where the ranges they are in
     */
    public record Group(Way way, String reason, String errno, long pages, List<String> where) {}

    /**
     * Reads an element of {@code pages.json}.
     *
     * @param json one layout
     * @return what was found
     */
    public static SurveyResult of(final JsonObject json) {
        final List<Group> groups = new ArrayList<>();
        for (final JsonElement element : json.getAsJsonArray("groups")) {
            final JsonObject group = element.getAsJsonObject();
            final List<String> where = new ArrayList<>();
            final JsonArray places = group.getAsJsonArray("where");
            places.forEach(place -> where.add(place.getAsString()));
            groups.add(new Group(
                    Way.valueOf(group.get("way").getAsString()),
                    group.get("stopReason").getAsString(),
                    group.get("errno").getAsString(),
                    group.get("pages").getAsLong(),
                    List.copyOf(where)));
        }
        return new SurveyResult(
                json.get("layout").getAsString(),
                json.get("sweptPages").getAsLong(),
                json.get("faults").getAsLong(),
                json.get("frameRuns").getAsLong(),
                List.copyOf(groups));
    }

    /**
     * Pages that went one way.
     *
     * @param way the way
     * @return how many
     */
    public long pages(final Way way) {
        return groups.stream()
                .filter(group -> group.way == way)
                .mapToLong(Group::pages)
                .sum();
    }
}
