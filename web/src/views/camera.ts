import { mayEdit, type Place, pictureUrl, type State, videoUrl } from "../api";
import { countsOf } from "../camera_card";
import { choice, toggle } from "../choice";
import { h, put, putText } from "../dom";
import { happenings, latestState, peopleFrames, recentHappenings, states } from "../feed";
import { trackChip } from "../happening_text";
import { duration, number, t } from "../i18n";
import { icon } from "../icons";
import { accountOf } from "../place_shapes";
import { placesOnce, placesOnPictures } from "../places_store";
import { picturePlane } from "../plane";
import { peopleText, Scene } from "../scene";
import type { View } from "../view";
import { tickerLine } from "./live";

const FORGET_MS = 2000;
const SHOWN_EVENTS = 8;

/** One camera, large: on an empty plan, or on its picture where that is allowed. */
export function cameraView(name: string): View {
  const first = latestState()?.cameras.find((camera) => camera.name === name);
  const scene = new Scene(picturePlane(first?.width ?? 0, first?.height ?? 0), name);
  const lamp = h("i", { class: "lamp", "aria-hidden": "true" });
  const rate = h("span", { class: "muted" });
  const surface = h("div", {});
  const whoList = h("ul", { class: "who" });
  const placeList = h("ul", { class: "place-list" });
  const events = h("ol", { class: "ticker" });
  const since = new Map<number, number>();
  const lastSeen = new Map<number, number>();
  let places: Place[] = [];
  let pictureAllowed: boolean | null = null;

  const show = (what: "plan" | "picture"): void =>
    scene.setPicture(what === "picture" ? videoUrl(name) : null);

  const showState = (state: State): void => {
    const camera = state.cameras.find((one) => one.name === name);
    if (!camera) return;
    if (camera.width !== scene.plane.width || camera.height !== scene.plane.height) {
      scene.setPlane(picturePlane(camera.width, camera.height));
    }
    if ((camera.picture === true) !== pictureAllowed) {
      pictureAllowed = camera.picture === true;
      const options = [
        ["plan", t("plan")],
        ["picture", t("picture")],
      ] as const;
      put(surface, pictureAllowed && choice(t("surface"), options, "plan", show));
      if (!pictureAllowed) show("plan");
    }
    lamp.classList.toggle("off", !camera.online);
    putText(rate, camera.online ? t("fps", { n: number(camera.fps, 1) }) : t("offline"));
    scene.setCounts(countsOf(camera));
    scene.setNote(
      camera.online ? (camera.people === 0 ? peopleText(0) : "") : (camera.problem ?? t("offline")),
    );
    put(
      placeList,
      places.map((place) =>
        h(
          "li",
          { class: place.kind },
          icon(place.kind, 18),
          h("strong", {}, place.name),
          h("span", {}, accountOf(place, camera.places[place.name])),
        ),
      ),
      places.length === 0 && h("li", { class: "muted" }, t("no_places")),
    );
  };

  const showWho = (): void => {
    const now = Date.now();
    for (const [id, at] of lastSeen) {
      if (now - at > FORGET_MS) {
        lastSeen.delete(id);
        since.delete(id);
      }
    }
    put(
      whoList,
      [...lastSeen.keys()]
        .sort((a, b) => a - b)
        .map((id) =>
          h(
            "li",
            {},
            trackChip(id),
            h(
              "span",
              {},
              t("for_time", { time: duration(Math.floor((now - (since.get(id) ?? now)) / 1000)) }),
            ),
          ),
        ),
      lastSeen.size === 0 && h("li", { class: "muted" }, t("nobody")),
    );
  };

  const showEvents = (): void => {
    const mine = recentHappenings().filter((event) => event.camera === name);
    put(
      events,
      mine.slice(0, SHOWN_EVENTS).map(tickerLine),
      mine.length === 0 && h("li", { class: "muted" }, t("nothing_yet")),
    );
  };

  const ends = [
    states.on(showState),
    happenings.on(showEvents),
    peopleFrames.on((frame) => {
      if (frame.camera !== name) return;
      scene.showPeople(name, frame.people);
      for (const person of frame.people) {
        if (!since.has(person.track)) since.set(person.track, firstSeen(name, person.track));
        lastSeen.set(person.track, Date.now());
      }
    }),
  ];
  const timer = window.setInterval(showWho, 1000);
  void placesOnPictures().then((all) => {
    scene.setPlaces(all.filter((place) => place.camera === name));
    const state = latestState();
    if (state) showState(state);
  });
  void placesOnce().then((all) => {
    places = all.filter((place) => place.camera === name);
    const state = latestState();
    if (state) showState(state);
  });
  const state = latestState();
  if (state) showState(state);
  showWho();
  showEvents();

  const encoded = encodeURIComponent(name);
  return {
    element: h(
      "div",
      { class: "camera-view" },
      h(
        "header",
        { class: "bar" },
        h(
          "a",
          { class: "button quiet", href: "#/live", "aria-label": t("all_cameras") },
          icon("back"),
          h("span", { class: "wide" }, t("all_cameras")),
        ),
        h("h2", {}, lamp, name),
        rate,
        h("span", { class: "spring" }),
        surface,
        toggle(t("trails"), true, (on) => {
          scene.shows.trails = on;
          scene.repaint();
        }),
        toggle(t("names"), true, (on) => {
          scene.shows.names = on;
          scene.repaint();
        }),
        toggle(t("outlines"), true, (on) => scene.showPlaces(on)),
      ),
      h(
        "div",
        { class: "with-side" },
        h("div", { class: "card stage" }, scene.element),
        h(
          "div",
          { class: "side-stack" },
          h("section", { class: "card side" }, h("h2", {}, t("who_is_here")), whoList),
          h(
            "section",
            { class: "card side" },
            h("h2", {}, t("places"), h("small", {}, t("since_start"))),
            placeList,
            mayEdit() &&
              h(
                "p",
                { class: "links" },
                h("a", { href: `#/places/${encoded}` }, t("draw_places")),
                h("a", { href: `#/calibrate/${encoded}` }, t("calibrate")),
              ),
          ),
          h("section", { class: "card side" }, h("h2", {}, t("just_happened")), events),
        ),
      ),
    ),
    close() {
      for (const end of ends) end();
      window.clearInterval(timer);
      scene.close();
    },
  };
}

function firstSeen(camera: string, track: number): number {
  const appeared = recentHappenings().find(
    (event) => event.camera === camera && event.track === track && event.event === "appeared",
  );
  return appeared ? new Date(appeared.utc).getTime() : Date.now();
}

/** A single picture, newer than any the browser keeps. */
export function freshPicture(camera: string): string {
  return `${pictureUrl(camera)}?t=${Date.now()}`;
}
