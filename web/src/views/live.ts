import { type Camera, type Happening, loadEvents, loadHours, type Place, type State } from "../api";
import { CameraCard } from "../camera_card";
import { h, put, putText } from "../dom";
import { happenings, latestState, recentHappenings, seedHappenings, states } from "../feed";
import { sentenceOf, trackChip } from "../happening_text";
import { clock, type Key, number, t } from "../i18n";
import { type IconName, icon } from "../icons";
import { placesOnPictures } from "../places_store";
import { startOfToday } from "../ranges";
import type { View } from "../view";

const TOTALS_EVERY_MS = 60_000;
const SHOWN_EVENTS = 10;

class Figure {
  readonly element: HTMLElement;
  private readonly value = h("b", {}, "–");
  constructor(name: Key, symbol: IconName) {
    this.element = h(
      "div",
      { class: "figure" },
      icon(symbol),
      h("div", {}, this.value, h("span", {}, t(name))),
    );
  }
  set(text: string): void {
    putText(this.value, text);
  }
}

/** All cameras at a glance, what is counted today, and what just happened. */
export function liveView(): View {
  const now = new Figure("people_now", "people");
  const visits = new Figure("visits_today", "zone");
  const reaches = new Figure("reaches_today", "shelf");
  const crossings = new Figure("crossings_today", "line");
  const online = new Figure("cameras_online", "live");
  const grid = h("div", { class: "camera-grid" });
  const list = h("ol", { class: "ticker" });
  const cards = new Map<string, CameraCard>();
  let places: Place[] = [];

  const showState = (state: State): void => {
    now.set(number(state.cameras.reduce((sum, camera) => sum + camera.people, 0)));
    online.set(
      `${state.cameras.filter((camera) => camera.online).length} / ${state.cameras.length}`,
    );
    const names = state.cameras.map((camera) => camera.name).join("\n");
    if (names !== [...cards.keys()].join("\n")) arrange(state.cameras);
    for (const camera of state.cameras) cards.get(camera.name)?.setState(camera);
  };

  const arrange = (cameras: Camera[]): void => {
    for (const card of cards.values()) card.close();
    cards.clear();
    for (const camera of cameras) {
      const card = new CameraCard(camera, places);
      cards.set(camera.name, card);
    }
    grid.dataset.count = String(Math.min(cameras.length, 4));
    put(
      grid,
      cameras.length
        ? [...cards.values()].map((card) => card.element)
        : h("p", { class: "empty" }, t("no_cameras")),
    );
  };

  const showHappenings = (): void => {
    const recent = recentHappenings().slice(0, SHOWN_EVENTS);
    put(
      list,
      recent.length ? recent.map(tickerLine) : h("li", { class: "muted" }, t("nothing_yet")),
    );
  };

  const showTotals = async (): Promise<void> => {
    try {
      const hours = await loadHours(startOfToday(), new Date());
      const sum = (of: (hour: (typeof hours)[number]) => number) =>
        number(hours.reduce((n, hour) => n + of(hour), 0));
      visits.set(sum((hour) => hour.visits));
      reaches.set(sum((hour) => hour.reaches));
      crossings.set(sum((hour) => Object.values(hour.crossed).reduce((a, b) => a + b, 0)));
    } catch {
      // Without a database there are no totals; the rest of the view goes on.
    }
  };

  const ends = [states.on(showState), happenings.on(showHappenings)];
  const timer = window.setInterval(showTotals, TOTALS_EVERY_MS);
  const begin = async (): Promise<void> => {
    places = await placesOnPictures();
    for (const card of cards.values()) card.setPlaces(places);
    void showTotals();
    try {
      seedHappenings(await loadEvents({}, SHOWN_EVENTS));
    } catch {
      // As above.
    }
    showHappenings();
  };
  const state = latestState();
  if (state) showState(state);
  showHappenings();
  void begin();

  return {
    element: h(
      "div",
      { class: "live" },
      h(
        "section",
        { class: "figures", "aria-label": t("today") },
        [now, visits, reaches, crossings, online].map((f) => f.element),
      ),
      h(
        "div",
        { class: "with-side" },
        grid,
        h("section", { class: "card side" }, h("h2", {}, t("just_happened")), list),
      ),
    ),
    close() {
      for (const end of ends) end();
      for (const card of cards.values()) card.close();
      window.clearInterval(timer);
    },
  };
}

export function tickerLine(event: Happening): HTMLElement {
  return h(
    "li",
    { class: `event-${event.event}` },
    h("time", { datetime: event.utc }, clock(new Date(event.utc))),
    h("span", {}, trackChip(event.track), " ", sentenceOf(event), h("small", {}, event.camera)),
  );
}
