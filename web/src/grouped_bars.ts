import type uPlot from "uplot";

/** Bars that stand side by side: this one is the `index`th of `count` within `seconds`. */
export function groupedBars(
  index: number,
  count: number,
  seconds: number,
): uPlot.Series.PathBuilder {
  return (plot, series, first, last) => {
    const fill = new Path2D();
    const xs = plot.data[0];
    const ys = plot.data[series];
    const scale = plot.series[series].scale ?? "y";
    const zero = plot.valToPos(0, scale, true);
    const slot = plot.valToPos(xs[0] + seconds, "x", true) - plot.valToPos(xs[0], "x", true);
    const gap = Math.min(slot * 0.18, 24);
    const wide = Math.max(1, Math.min((slot - gap) / count, 64));
    const start = slot / 2 - (wide * count) / 2 + wide * index;
    for (let i = first; i <= last; ++i) {
      const value = ys[i];
      if (!value) continue;
      const left = plot.valToPos(xs[i], "x", true) + start;
      const top = plot.valToPos(value, scale, true);
      const radius = Math.min(4, wide / 3, zero - top);
      const room = wide > 4 ? 1 : 0;
      fill.roundRect(left + room, top, wide - 2 * room, zero - top, [radius, radius, 0, 0]);
    }
    return { fill, stroke: null };
  };
}
