import { type Hour, loadHours, type Place } from "../api";
import { choice } from "../choice";
import { h, put } from "../dom";
import {
  type ChartSeries,
  DURATION_STEPS,
  HourChart,
  spanText,
  TENTH_STEPS,
  WHOLE_STEPS,
} from "../hour_chart";
import { type Bucket, bucketTimes, DAY_S, HOUR_S, intoBuckets, together } from "../hours";
import { duration, number, t } from "../i18n";
import { sentenceOfError } from "../notice";
import { placeKey } from "../place_shapes";
import { placesOnce } from "../places_store";
import { RANGES, type RangeName } from "../ranges";
import { color, onTheme } from "../theme";
import type { View } from "../view";

const HOURLY_UP_TO_S = 8 * DAY_S;
const AGAIN_MS = 60_000;
const SOON_MS = 5_000; // while there is nothing yet
const SERIES_COLORS = 7;

interface Shown {
  key: string;
  name: string;
  kind: Place["kind"];
  directions: [string, string];
  color: string;
  hours: Hour[];
}

/** Occupancy, length of stay, visits, reaches and crossings over time, by place. */
export function chartsView(): View {
  const body = h("div", { class: "charts" });
  const chips = h("div", { class: "chips", role: "group", "aria-label": t("places") });
  const hidden = new Set<string>();
  const opened = new Set<string>(); // tables, by their titles
  let charts: HourChart[] = [];
  let places: Place[] = [];
  let hours: Hour[] = [];
  let range: RangeName = "today";
  let turn = 0;
  let loadedAt = 0;

  const load = async (): Promise<void> => {
    const mine = ++turn;
    try {
      const { from, to } = RANGES[range]();
      const found = await loadHours(from, to);
      if (mine !== turn) return;
      hours = found;
      loadedAt = Date.now();
      draw();
    } catch (error) {
      put(body, h("p", { class: "empty" }, sentenceOfError(error)));
    }
  };

  const draw = (): void => {
    for (const chart of charts) chart.close();
    charts = [];
    const all = shownPlaces(places, hours);
    put(
      chips,
      all.map((one) => chip(one, hidden, draw)),
    );
    const shown = all.filter((one) => !hidden.has(one.key));
    const { from, to } = RANGES[range]();
    const step_s = to.getTime() - from.getTime() > HOURLY_UP_TO_S * 1000 ? DAY_S : HOUR_S;
    const times = bucketTimes({ from, to }, step_s);
    if (hours.length === 0) {
      put(body, h("p", { class: "card empty" }, t("no_data")));
      return;
    }
    const zones = shown.filter((one) => one.kind === "zone");
    const shelves = shown.filter((one) => one.kind === "shelf");
    const lines = shown.filter((one) => one.kind === "line");
    const chart = (
      title: string,
      hint: string,
      series: ChartSeries[],
      bars: boolean,
      format: (v: number) => string,
      sum: string,
      steps?: number[],
    ) => {
      if (series.length === 0) return null;
      const made = new HourChart(times, series, { bars, step_s, format, steps });
      charts.push(made);
      return h(
        "section",
        { class: "card chart-card" },
        h("h2", {}, title, h("small", {}, hint), h("b", {}, sum)),
        made.element,
        table(title, times, step_s, series, format, opened),
      );
    };
    const of = (
      some: Shown[],
      value: (bucket: Bucket) => number | null,
      most?: (bucket: Bucket) => number | null,
    ) =>
      some.map((one): ChartSeries => {
        const buckets = intoBuckets(one.hours, times);
        const values = (get: (bucket: Bucket) => number | null) =>
          buckets.map((bucket) => (bucket ? get(bucket) : null));
        return {
          name: one.name,
          color: one.color,
          values: values(value),
          most: most && values(most),
        };
      });
    const total = (some: Shown[], value: (bucket: Bucket) => number) =>
      number(
        some.reduce((sum, one) => sum + (one.hours.length ? value(together(one.hours)) : 0), 0),
      );
    const count = (value: number) => number(value, Number.isInteger(value) ? 0 : 1);
    const one = zones.length === 1;
    const stay = zones.length ? together(zones.flatMap((zone) => zone.hours)).dwell_mean_s : null;
    put(
      body,
      chart(
        t("visits"),
        t("visits_hint"),
        of(zones, (b) => b.visits),
        true,
        count,
        total(zones, (b) => b.visits),
        WHOLE_STEPS,
      ),
      chart(
        t("occupancy"),
        one ? t("occupancy_hint") : t("dwell_hint"),
        of(zones, (b) => b.occupancy_mean, one ? (b) => b.occupancy_max : undefined),
        false,
        (v) => number(v, v < 10 ? 1 : 0),
        "",
        TENTH_STEPS,
      ),
      chart(
        t("dwell"),
        t("dwell_hint"),
        of(zones, (b) => b.dwell_mean_s),
        true,
        (v) => duration(Math.round(v)),
        stay === null ? "" : duration(Math.round(stay)),
        DURATION_STEPS,
      ),
      chart(
        t("reaches"),
        t("visits_hint"),
        of(shelves, (b) => b.reaches),
        true,
        count,
        total(shelves, (b) => b.reaches),
        WHOLE_STEPS,
      ),
      chart(
        t("crossings"),
        t("visits_hint"),
        ways(lines, times),
        true,
        count,
        total(lines, (b) => (b.crossed.in ?? 0) + (b.crossed.out ?? 0)),
        WHOLE_STEPS,
      ),
    );
  };

  void placesOnce().then((all) => {
    places = all;
    void load();
  });
  const timer = window.setInterval(() => {
    if (hours.length === 0 || Date.now() - loadedAt >= AGAIN_MS) void load();
  }, SOON_MS);
  const end = onTheme(draw);
  const names = (["today", "yesterday", "day", "week", "month"] as const).map(
    (name) => [name, t(name)] as const,
  );
  return {
    element: h(
      "div",
      { class: "charts-view" },
      h(
        "header",
        { class: "bar" },
        chips,
        h("span", { class: "spring" }),
        choice(t("range"), names, range, (name) => {
          range = name;
          void load();
        }),
      ),
      body,
    ),
    close() {
      end();
      window.clearInterval(timer);
      for (const chart of charts) chart.close();
    },
  };
}

function shownPlaces(places: Place[], hours: Hour[]): Shown[] {
  const all = new Map(places.map((place) => [placeKey(place), place]));
  for (const hour of hours) {
    const gone = { camera: hour.camera, name: hour.place };
    if (!all.has(placeKey(gone))) {
      all.set(placeKey(gone), { ...gone, kind: kindOf(hour), units: "pixels", points: [] });
    }
  }
  const cameras = new Set([...all.values()].map((place) => place.camera));
  return [...all].map(([key, place], i) => ({
    key,
    name: cameras.size > 1 ? `${place.name} · ${place.camera}` : place.name,
    kind: place.kind,
    directions: place.directions ?? ["→", "←"],
    color: color(`--series-${i % SERIES_COLORS}`),
    hours: hours.filter((hour) => placeKey({ camera: hour.camera, name: hour.place }) === key),
  }));
}

/** Of a place that is gone, what it was is told by what it counted. */
function kindOf(hour: Hour): Place["kind"] {
  if (hour.kind) return hour.kind;
  if (hour.reaches > 0) return "shelf";
  return Object.values(hour.crossed).some((n) => n > 0) ? "line" : "zone";
}

function chip(one: Shown, hidden: Set<string>, redraw: () => void): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "chip",
      "aria-pressed": String(!hidden.has(one.key)),
      onclick: () => {
        if (!hidden.delete(one.key)) hidden.add(one.key);
        redraw();
        document.querySelector<HTMLElement>(`[data-chip="${CSS.escape(one.key)}"]`)?.focus();
      },
      "data-chip": one.key,
    },
    h("i", { "aria-hidden": "true" }),
    one.name,
  );
  button.style.setProperty("--chip", one.color);
  return button;
}

/** Both directions of each line; the second is paler. */
function ways(lines: Shown[], times: number[]): ChartSeries[] {
  return lines.flatMap((line) => {
    const buckets = intoBuckets(line.hours, times);
    return (["in", "out"] as const).map(
      (way, i): ChartSeries => ({
        name: `${line.name}: ${line.directions[i]}`,
        color:
          i === 0 ? line.color : `color-mix(in srgb, ${line.color} 45%, ${color("--surface")})`,
        values: buckets.map((bucket) => (bucket ? (bucket.crossed[way] ?? 0) : null)),
      }),
    );
  });
}

function table(
  title: string,
  times: number[],
  step_s: number,
  series: ChartSeries[],
  format: (v: number) => string,
  opened: Set<string>,
): HTMLElement {
  const rows = times
    .map((time, i) => ({ time, i }))
    .filter(({ i }) => series.some((one) => one.values[i] !== null));
  const details = h(
    "details",
    {
      class: "as-table",
      open: opened.has(title),
      ontoggle: () => (details.open ? opened.add(title) : opened.delete(title)),
    },
    h("summary", {}, t("as_table")),
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        { "aria-label": title },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, t("hour")),
            series.map((one) => h("th", { scope: "col" }, one.name)),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map(({ time, i }) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, spanText(time, step_s)),
              series.map((one) =>
                h("td", {}, one.values[i] === null ? "–" : format(one.values[i] as number)),
              ),
            ),
          ),
        ),
      ),
    ),
  );
  return details;
}
