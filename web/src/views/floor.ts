import {
  type FloorPath,
  type Heat,
  loadHeat,
  loadPaths,
  mayEdit,
  type Place,
  type Point,
  type State,
} from "../api";
import { countsOf } from "../camera_card";
import { choice, toggle } from "../choice";
import { h, put, putText } from "../dom";
import { latestState, peopleFrames, states } from "../feed";
import { heatPicture } from "../heat_picture";
import { t } from "../i18n";
import { placesOnce } from "../places_store";
import { extentOf, floorPlane } from "../plane";
import { RANGES, type RangeName } from "../ranges";
import { Scene } from "../scene";
import { onTheme } from "../theme";
import type { View } from "../view";

const AGAIN_MS = 60_000;

/** The floor seen from above: who is where now, where people stay, how they walk. */
export function floorView(): View {
  const scene = new Scene(floorPlane(extentOf([])), t("floor"));
  const count = h("strong", {});
  const body = h("div", { class: "card stage floor-stage" }, scene.element);
  let places: Place[] = [];
  let heat: Heat = { cell_m: 0, cells: [] };
  let paths: FloorPath[] = [];
  let range: RangeName = "today";
  let showHeat = true;
  let showPaths = false;
  let extent = "";
  const live = new Map<string, Point[]>();

  const fit = (): void => {
    const points: Point[] = places.flatMap((place) => place.points);
    for (const [i, j] of heat.cells) points.push([i * heat.cell_m, j * heat.cell_m]);
    for (const spots of live.values()) points.push(...spots);
    const next = extentOf(points);
    if (extent !== JSON.stringify(next)) {
      extent = JSON.stringify(next);
      scene.setPlane(floorPlane(next));
    }
  };

  const draw = (): void => {
    fit();
    scene.setPlaces(places);
    const picture = showHeat ? heatPicture(heat) : null;
    if (picture) scene.setHeat(picture.canvas, picture.leftTop, picture.rightBottom);
    else scene.setHeat(null);
    scene.setPaths(
      showPaths
        ? paths.map((path) => ({
            key: path.track,
            points: path.points.map(([, x, y]): Point => [x, y]),
          }))
        : [],
    );
    if (latestState()) showState(latestState() as State);
  };

  const load = async (): Promise<void> => {
    const { from, to } = RANGES[range]();
    try {
      [heat, paths] = await Promise.all([
        loadHeat(from, to),
        showPaths ? loadPaths(from, to) : Promise.resolve([]),
      ]);
    } catch {
      // History may be switched off; live dots go on.
    }
    draw();
  };

  const showState = (state: State): void => {
    const calibrated = state.cameras.filter((camera) => camera.calibrated);
    const counts = new Map(calibrated.flatMap((camera) => [...countsOf(camera)]));
    scene.setCounts(counts);
    for (const name of [...live.keys()]) {
      if (!calibrated.some((camera) => camera.name === name)) live.delete(name);
    }
    if (calibrated.length === 0 && body.contains(scene.element)) {
      put(
        body,
        h(
          "div",
          { class: "empty" },
          h("p", {}, t("floor_none")),
          mayEdit() &&
            state.cameras.map((camera) =>
              h(
                "a",
                { class: "button", href: `#/calibrate/${encodeURIComponent(camera.name)}` },
                t("calibrate_title", { name: camera.name }),
              ),
            ),
        ),
      );
    } else if (calibrated.length > 0 && !body.contains(scene.element)) {
      put(body, scene.element);
    }
  };

  const ends = [
    states.on(showState),
    onTheme(draw),
    peopleFrames.on((frame) => {
      const there = frame.people.filter((person) => person.floor);
      live.set(
        frame.camera,
        there.map((person) => person.floor as Point),
      );
      fit();
      scene.showPeople(frame.camera, there);
      let n = 0;
      for (const spots of live.values()) n += spots.length;
      putText(count, t("floor_people", { n }));
    }),
  ];
  const timer = window.setInterval(load, AGAIN_MS);
  void placesOnce().then((all) => {
    places = all.filter((place) => place.units === "metres");
    draw();
  });
  putText(count, t("floor_people", { n: 0 }));
  void load();

  const names = (["last_hour", "today", "week", "month"] as const).map(
    (name) => [name, t(name)] as const,
  );
  return {
    element: h(
      "div",
      { class: "floor-view" },
      h(
        "header",
        { class: "bar" },
        count,
        h("span", { class: "spring" }),
        toggle(t("heatmap"), showHeat, (on) => {
          showHeat = on;
          draw();
        }),
        toggle(t("paths"), showPaths, (on) => {
          showPaths = on;
          void load();
        }),
        toggle(t("trails"), true, (on) => {
          scene.shows.trails = on;
          scene.repaint();
        }),
        choice(t("range"), names, range, (name) => {
          range = name;
          void load();
        }),
      ),
      body,
      h(
        "footer",
        { class: "legend" },
        h("span", {}, t("heatmap"), ": ", t("less")),
        h("i", { class: "ramp", "aria-hidden": "true" }),
        h("span", {}, t("more")),
        h("span", { class: "spring" }),
        h("i", { class: "metre", "aria-hidden": "true" }),
        h("span", {}, t("one_square")),
      ),
    ),
    close() {
      for (const end of ends) end();
      window.clearInterval(timer);
      scene.close();
    },
  };
}
