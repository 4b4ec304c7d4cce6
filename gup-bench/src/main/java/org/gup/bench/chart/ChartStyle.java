package org.gup.bench.chart;

/** Colours and strokes. Both palettes are told apart by people who see few colours; shape says what colour says, too. */
public final class ChartStyle {
    private static final String LIGHT = "--bg:#ffffff;--fg:#1a1a1a;--dim:#595959;--grid:#e3e3e3;--band:#eeeeee;"
            + "--s0:#0b6e4f;--s1:#b3541e;--s2:#3b5ba9;--s3:#8a3a8f;--s4:#8a6d00;--s5:#555555";

    private static final String DARK = "--bg:#16181c;--fg:#e8e8e8;--dim:#a8a8a8;--grid:#33363c;--band:#26292f;"
            + "--s0:#4cc9a0;--s1:#f2955c;--s2:#8fb0ff;--s3:#e29be6;--s4:#e3c24a;--s5:#b9b9b9";

    private ChartStyle() {}

    /**
     * The variables of the light palette.
     *
     * @return declarations
     */
    public static String light() {
        return LIGHT;
    }

    /**
     * The variables of the dark palette.
     *
     * @return declarations
     */
    public static String dark() {
        return DARK;
    }

    /**
     * Rules for everything that is drawn.
     *
     * @return style sheet
     */
    public static String rules() {
        final StringBuilder css = new StringBuilder("""
                svg.chart{font-family:system-ui,sans-serif;font-size:12px}
                svg.chart text{fill:var(--fg)}
                svg.chart .title{font-size:14px;font-weight:600}
                svg.chart .dim{fill:var(--dim)}
                svg.chart .ground{fill:var(--bg)}
                svg.chart .grid{stroke:var(--grid)}
                svg.chart .axis{stroke:var(--dim)}
                svg.chart .band{fill:var(--band)}
                svg.chart .reference{stroke:var(--dim);stroke-dasharray:2 3}
                svg.chart .bounds{stroke-width:2}
                svg.chart .spread{stroke-dasharray:3 3}
                svg.chart .curve{fill:none;stroke-width:1.5}
                svg.chart .point{stroke-width:2}
                svg.chart .hollow{fill:var(--bg)!important}
                svg.chart .disturbed{fill:none;stroke:var(--fg);stroke-dasharray:2 2}
                svg.chart .whole{stroke:var(--fg);stroke-width:2}
                svg.chart a:focus .point,svg.chart a:hover .point{stroke:var(--fg)}
                """);
        for (int i = 0; i < 6; i++) {
            css.append("svg.chart .s")
                    .append(i)
                    .append("{stroke:var(--s")
                    .append(i)
                    .append(");fill:var(--s")
                    .append(i)
                    .append(")}\n");
        }
        for (int i = 0; i < 6; i++) {
            css.append("svg.chart rect.s").append(i).append("{stroke:none}\n");
        }
        return css.toString();
    }
}
