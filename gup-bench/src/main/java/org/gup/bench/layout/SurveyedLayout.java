package org.gup.bench.layout;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import org.gup.GetUserPages;
import org.gup.flags.Errno;
import org.gup.flags.FollFlags;

/**
 * A layout and which way its pages go.
 *
 * @param layout the layout
 * @param survey what was found
 */
public record SurveyedLayout(Layout layout, PageSurvey survey) {
    /**
     * Surveys a layout, asking as the benchmarks do: for writing, a dump for reading.
     *
     * @param layout the layout
     * @return what was found
     */
    public static SurveyedLayout of(final Layout layout) {
        try (ModelledProcess process = ModelledProcess.open(layout)) {
            final GetUserPages gup = new GetUserPages(process.memory());
            return new SurveyedLayout(layout, PageSurvey.of(process, gup, layout.isDump() ? 0 : FollFlags.FOLL_WRITE));
        }
    }

    /**
     * The same as JSON.
     *
     * @return an object to be scrubbed and written
     */
    public JsonObject json() {
        final JsonObject json = new JsonObject();
        json.addProperty("layout", layout.label());
        json.addProperty("sweptPages", survey.comparable());
        json.addProperty("faults", survey.faults());
        json.addProperty("frameRuns", survey.frameRuns());
        final JsonArray groups = new JsonArray();
        for (final PageSurvey.Group group : survey.groups()) {
            final JsonObject entry = new JsonObject();
            entry.addProperty("way", group.way().name());
            entry.addProperty("stopReason", group.reason().name());
            entry.addProperty("errno", group.errno() == 0 ? "0" : "-" + Errno.name(group.errno()));
            entry.addProperty("pages", group.pages());
            final JsonArray where = new JsonArray();
            group.where().forEach(where::add);
            entry.add("where", where);
            groups.add(entry);
        }
        json.add("groups", groups);
        return json;
    }
}
