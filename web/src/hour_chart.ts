import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { h, put } from "./dom";
import { groupedBars } from "./grouped_bars";
import { currentLanguage } from "./i18n";
import { color } from "./theme";

export interface ChartSeries {
  name: string;
  color: string;
  values: (number | null)[];
  /** Upper edge of a shade above the values. */
  most?: (number | null)[];
}

export interface ChartOptions {
  bars: boolean;
  step_s: number;
  format: (value: number) => string;
  /** What the axis may count by. */
  steps?: number[];
}

/** Tenths, as labels have one digit. */
export const TENTH_STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
/** No half visits. */
export const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

const HEIGHT = 210;
const DAY_S = 86400;
const HOUR_AND_MINUTE = { hourCycle: "h23", hour: "2-digit", minute: "2-digit" } as const;
/** So that an axis of durations has whole minutes and hours. */
export const DURATION_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400,
];

function translucent(hsl: string, percent: number): string {
  return `color-mix(in srgb, ${hsl} ${percent}%, transparent)`;
}

/** A chart over time whose values are those of the hour (or day) that begins at each time. */
export class HourChart {
  readonly element = h("div", { class: "chart" });
  private readonly tip = h("div", { class: "chart-tip", hidden: true });
  private readonly observer: ResizeObserver;
  private plot: uPlot | null = null;

  constructor(
    private readonly times: number[],
    private readonly series: ChartSeries[],
    private readonly options: ChartOptions,
  ) {
    // The size follows the page, so it is made when it has one.
    this.observer = new ResizeObserver(() => {
      const width = this.element.clientWidth;
      if (width === 0) return;
      if (!this.plot) this.make(width);
      else if (this.plot.width !== width) this.plot.setSize({ width, height: HEIGHT });
    });
    this.observer.observe(this.element);
  }

  close(): void {
    this.observer.disconnect();
    this.plot?.destroy();
  }

  private make(width: number): void {
    const { bars, step_s } = this.options;
    const last = this.times[this.times.length - 1] + step_s;
    // A step ends where the next begins, so the last one needs an end of its own.
    const withEnd = (values: (number | null)[]) =>
      bars ? values : [...values, values[values.length - 1]];
    const data: (number | null)[][] = [bars ? this.times : [...this.times, last]];
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    this.series.forEach((one, i) => {
      data.push(withEnd(one.values));
      series.push({
        label: one.name,
        stroke: one.color,
        width: bars ? 0 : 2,
        fill: bars ? translucent(one.color, 82) : one.most ? undefined : translucent(one.color, 12),
        paths: bars
          ? groupedBars(i, this.series.length, step_s)
          : uPlot.paths.stepped?.({ align: 1 }),
        points: { show: false },
      });
    });
    if (!bars) {
      for (const [i, one] of this.series.entries()) {
        if (!one.most) continue;
        data.push(withEnd(one.most));
        series.push({
          stroke: translucent(one.color, 35),
          width: 1,
          paths: uPlot.paths.stepped?.({ align: 1 }),
          points: { show: false },
        });
        bands.push({ series: [data.length - 1, i + 1], fill: translucent(one.color, 16) });
      }
    }
    const axis = {
      stroke: color("--muted"),
      font: "12px system-ui, sans-serif",
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
    };
    this.plot = new uPlot(
      {
        width,
        height: HEIGHT,
        series,
        bands,
        padding: [8, 20, 0, 0], // half of the last label stands beyond the end
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: {
          x: { range: [this.times[0], last] },
          y: { range: (_, __, most) => [0, niceTop(most)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 30,
            values: (_, splits) => this.labels(splits),
            space: 56,
          },
          {
            ...axis,
            size: (_, labels) => 20 + 7.5 * Math.max(2, ...(labels ?? []).map(widthOf)),
            values: (_, splits) => splits.map((v) => this.options.format(v)),
            space: 40,
            ...(this.options.steps ? { incrs: this.options.steps } : {}),
          },
        ],
        hooks: { setCursor: [(plot) => this.showTip(plot)] },
      },
      data as uPlot.AlignedData,
      this.element,
    );
    this.plot.over.append(this.tip);
  }

  private labels(splits: number[]): string[] {
    const language = currentLanguage();
    let day = "";
    return splits.map((split) => {
      const date = new Date(split * 1000);
      const today = date.toLocaleDateString(language, { month: "numeric", day: "numeric" });
      const midnight = date.getHours() === 0 && date.getMinutes() === 0;
      if (this.options.step_s >= DAY_S || midnight) {
        const isNew = today !== day;
        day = today;
        return isNew ? today : "";
      }
      return date.toLocaleTimeString(language, HOUR_AND_MINUTE);
    });
  }

  private showTip(plot: uPlot): void {
    const x = plot.cursor.left ?? -1;
    if (x < 0) {
      this.tip.hidden = true;
      return;
    }
    const time = plot.posToVal(x, "x");
    let i = this.times.length - 1;
    while (i > 0 && this.times[i] > time) --i;
    put(
      this.tip,
      h("strong", {}, spanText(this.times[i], this.options.step_s)),
      this.series.map((one) => {
        const dot = h("i", {});
        dot.style.background = one.color;
        const value = one.values[i];
        const most = one.most?.[i];
        const text = value === null ? "–" : this.options.format(value);
        return h(
          "span",
          {},
          dot,
          one.name,
          h(
            "b",
            {},
            most === null || most === undefined ? text : `${text} (${this.options.format(most)})`,
          ),
        );
      }),
    );
    this.tip.hidden = false;
    const room = plot.over.clientWidth - this.tip.offsetWidth;
    const left = x > plot.over.clientWidth / 2 ? x - this.tip.offsetWidth - 14 : x + 14;
    this.tip.style.left = `${Math.max(0, Math.min(room, left))}px`;
  }
}

export function spanText(time_s: number, step_s: number): string {
  const language = currentLanguage();
  const begin = new Date(time_s * 1000);
  const day = begin.toLocaleDateString(language, {
    month: "short",
    day: "numeric",
    weekday: "short",
  });
  if (step_s >= DAY_S) return day;
  const hour = (date: Date) => date.toLocaleTimeString(language, HOUR_AND_MINUTE);
  return `${day} ${hour(begin)}–${hour(new Date((time_s + step_s) * 1000))}`;
}

/** In digits; Japanese letters are wider. */
function widthOf(label: string): number {
  return [...label].reduce((sum, letter) => sum + (letter > "\u2e80" ? 1.7 : 1), 0);
}

function niceTop(most: number | null): number {
  return most && most > 0 ? most * 1.12 : 1;
}
