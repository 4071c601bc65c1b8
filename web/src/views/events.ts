import { EVENT_TYPES, type EventFilter, eventsCsv, type Happening, loadEvents } from "../api";
import { h, put, putText } from "../dom";
import { happenings, latestState } from "../feed";
import { sentenceOf, trackChip } from "../happening_text";
import { moment, t } from "../i18n";
import { icon } from "../icons";
import { sentenceOfError } from "../notice";
import { placesOnce } from "../places_store";
import type { View } from "../view";

const PAGE = 50;

/** What happened, newest first, by camera, place, kind, person and time; and all of it as CSV. */
export function eventsView(parameters: URLSearchParams): View {
  const rows = h("tbody", {});
  const message = h("p", { class: "empty", hidden: true });
  const older = h(
    "button",
    { class: "button", hidden: true, onclick: () => void load(true) },
    t("older"),
  );
  const fresh = h("button", {
    class: "button fresh",
    hidden: true,
    onclick: () => void load(false),
  });
  const csv = h("a", { class: "button", download: "events.csv" }, icon("download"), t("csv"));
  let shown: Happening[] = [];
  let waiting = 0;
  let turn = 0;

  const camera = select(
    "camera",
    [...(latestState()?.cameras ?? [])].map((one) => [one.name, one.name]),
    parameters,
  );
  const place = select("place", [], parameters);
  const kind = select(
    "event",
    EVENT_TYPES.map((type) => [type, t(`event_${type}`)]),
    parameters,
  );
  const track = h("input", {
    id: "f-track",
    type: "number",
    min: 1,
    inputmode: "numeric",
    value: parameters.get("track") ?? "",
  });
  const since = h("input", {
    id: "f-since",
    type: "datetime-local",
    value: parameters.get("since") ?? "",
  });
  const until = h("input", {
    id: "f-until",
    type: "datetime-local",
    value: parameters.get("until") ?? "",
  });
  const form = h(
    "form",
    {
      class: "filters",
      "aria-label": t("filter"),
      onsubmit: (event: Event) => event.preventDefault(),
      onchange: () => changed(),
    },
    labelled(t("camera"), camera),
    labelled(t("place"), place),
    labelled(t("type"), kind),
    labelled(t("track"), track),
    labelled(t("from"), since),
    labelled(t("until"), until),
    h("button", { type: "button", class: "button quiet", onclick: clear }, t("clear")),
  );

  function filter(): EventFilter {
    const utc = (input: HTMLInputElement) =>
      input.value ? new Date(input.value).toISOString() : "";
    return {
      camera: camera.value,
      place: place.value,
      event: kind.value,
      track: track.value,
      since: utc(since),
      until: utc(until),
    };
  }

  function changed(): void {
    const search = new URLSearchParams();
    const fields = { camera, place, event: kind, track, since, until };
    for (const [name, field] of Object.entries(fields))
      if (field.value) search.set(name, field.value);
    const text = search.toString();
    history.replaceState(null, "", `#/events${text ? `?${text}` : ""}`);
    void load(false);
  }

  function clear(): void {
    for (const field of [camera, place, kind, track, since, until]) field.value = "";
    changed();
  }

  async function load(more: boolean): Promise<void> {
    const mine = ++turn;
    csv.href = eventsCsv(filter());
    try {
      const found = await loadEvents(
        filter(),
        PAGE,
        more ? shown[shown.length - 1]?.id : undefined,
      );
      if (mine !== turn) return; // another filter was chosen meanwhile
      shown = more ? [...shown, ...found] : found;
      if (!more) waiting = 0;
      older.hidden = found.length < PAGE;
      message.hidden = shown.length > 0;
      message.textContent = t("no_events");
      put(rows, shown.map(row));
    } catch (error) {
      message.hidden = false;
      message.textContent = sentenceOfError(error);
    }
    fresh.hidden = waiting === 0;
  }

  const end = happenings.on((event) => {
    if (!fits(event, filter())) return;
    ++waiting;
    putText(fresh, t("new_events", { n: waiting }));
    fresh.hidden = false;
    if (window.scrollY < 80 && !form.contains(document.activeElement)) void load(false); // who reads further down is not disturbed
  });
  void placesOnce().then((places) => {
    const wanted = parameters.get("place") ?? "";
    const names = [...new Set(places.map((one) => one.name))].sort();
    for (const name of names) place.append(h("option", { value: name }, name));
    place.value = names.includes(wanted) ? wanted : "";
    void load(false);
  });

  return {
    element: h(
      "div",
      { class: "events-view" },
      h(
        "details",
        {
          class: "card filter-card",
          open: matchMedia("(min-width: 760px)").matches || parameters.size > 0,
        },
        h("summary", {}, t("filter")),
        form,
      ),
      h("div", { class: "bar" }, fresh, h("span", { class: "spring" }), csv),
      h(
        "div",
        { class: "card table-card" },
        h(
          "table",
          { class: "events" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              [t("when"), t("who"), t("type"), t("camera")].map((text) =>
                h("th", { scope: "col" }, text),
              ),
            ),
          ),
          rows,
        ),
        message,
      ),
      h("div", { class: "more" }, older),
    ),
    close: end,
  };
}

function row(event: Happening): HTMLElement {
  const date = new Date(event.utc);
  return h(
    "tr",
    { class: `event-${event.event}` },
    h("td", { class: "when" }, h("time", { datetime: event.utc, title: event.utc }, moment(date))),
    h("td", { class: "who" }, trackChip(event.track)),
    h(
      "td",
      { class: "what" },
      h("span", { class: "kind" }, t(`event_${event.event}`)),
      h("span", {}, sentenceOf(event)),
    ),
    h("td", { class: "where" }, event.camera),
  );
}

function fits(event: Happening, filter: EventFilter): boolean {
  return (
    (!filter.camera || filter.camera === event.camera) &&
    (!filter.place || filter.place === event.place) &&
    (!filter.event || filter.event === event.event) &&
    (!filter.track || Number(filter.track) === event.track) &&
    (!filter.since || filter.since <= event.utc) &&
    (!filter.until || event.utc < filter.until)
  );
}

function select(name: string, options: string[][], parameters: URLSearchParams): HTMLSelectElement {
  return h(
    "select",
    { id: `f-${name}`, value: parameters.get(name) ?? "" },
    h("option", { value: "" }, t("any")),
    options.map(([value, text]) => h("option", { value }, text)),
  );
}

function labelled(text: string, field: HTMLElement): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, text), field);
}
