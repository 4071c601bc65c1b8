import type { PlaceKind, Point } from "../api";
import { h, put, s } from "../dom";
import { t } from "../i18n";
import { arrowOf, middle } from "../place_shapes";
import { clamp } from "../plane";
import { placeLabel, type Scene } from "../scene";
import type { Draft, DraftPlace } from "./draft";

interface Drawing {
  kind: PlaceKind;
  points: Point[];
  cursor: Point; // in the view's units
  byKeyboard: boolean;
}

type Grip =
  | { of: "corner"; uid: number; index: number }
  | { of: "whole"; uid: number; from: Point; points: Point[] };

const NEAR_PX = 14;
const STEP = 1;
const LARGE_STEP = 10;
const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Places on a scene, to be drawn, moved and reshaped with mouse, finger or keyboard. */
export class PlaceCanvas {
  private readonly layer = s("g", { class: "edit" });
  private readonly labels = h("div", { class: "scene-labels", "aria-hidden": "true" });
  private drawing: Drawing | null = null;
  private grip: Grip | null = null;
  private readonly observer: ResizeObserver;

  constructor(
    private readonly scene: Scene,
    private readonly draft: Draft,
    private readonly shown: () => DraftPlace[],
    private readonly owner: () => { camera: string; units: "pixels" | "metres" },
    private readonly editable: boolean,
    private readonly onDrawing: (kind: PlaceKind | null) => void,
  ) {
    scene.showPlaces(false);
    scene.overlay.append(this.layer);
    scene.element.append(this.labels);
    scene.element.setAttribute("role", "group");
    if (editable) {
      scene.element.classList.add("editable");
      scene.overlay.addEventListener("pointerdown", (event) => this.down(event));
      scene.overlay.addEventListener("pointermove", (event) => this.move(event));
      scene.overlay.addEventListener("pointerup", () => this.up());
      scene.overlay.addEventListener("pointercancel", () => this.up());
      scene.overlay.addEventListener("dblclick", () => this.finish());
      scene.element.addEventListener("keydown", (event) => this.key(event));
    }
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(scene.element);
  }

  close(): void {
    this.observer.disconnect();
  }

  start(kind: PlaceKind): void {
    const { width, height } = this.scene.plane;
    this.drawing = { kind, points: [], cursor: [width / 2, height / 2], byKeyboard: false };
    this.draft.select(null);
    this.scene.element.tabIndex = 0;
    this.scene.element.focus({ preventScroll: true });
    this.onDrawing(kind);
    this.redraw();
  }

  cancel(): void {
    if (!this.drawing) return;
    this.drawing = null;
    this.scene.element.removeAttribute("tabindex");
    this.onDrawing(null);
    this.redraw();
  }

  private finish(): void {
    const drawing = this.drawing;
    if (!drawing) return;
    const points = drawing.points.filter((p, i, all) => i === 0 || distance(p, all[i - 1]) > 0);
    if (points.length < (drawing.kind === "line" ? 2 : 3)) return;
    this.cancel();
    const { camera, units } = this.owner();
    this.draft.add(camera, units, drawing.kind, points);
  }

  private viewOf(event: PointerEvent): Point {
    const box = this.scene.overlay.getBoundingClientRect();
    const { width, height } = this.scene.plane;
    return [
      clamp(((event.clientX - box.left) / box.width) * width, 0, width),
      clamp(((event.clientY - box.top) / box.height) * height, 0, height),
    ];
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    const at = this.viewOf(event);
    if (this.drawing) {
      this.drawing.byKeyboard = false;
      this.drawing.cursor = at;
      this.addCorner(at);
      return;
    }
    const target = event.target as Element;
    const uid = Number(target.closest<SVGElement>("[data-uid]")?.dataset.uid ?? Number.NaN);
    const place = this.draft.places.find((one) => one.uid === uid);
    if (!place) {
      this.draft.select(null);
      return;
    }
    event.preventDefault();
    this.draft.select(uid);
    this.draft.remember();
    this.scene.overlay.setPointerCapture(event.pointerId);
    const handle = target.closest<SVGElement>("[data-corner], [data-edge]");
    if (handle?.dataset.corner !== undefined) {
      this.grip = { of: "corner", uid, index: Number(handle.dataset.corner) };
    } else if (handle?.dataset.edge !== undefined) {
      const index = Number(handle.dataset.edge) + 1;
      this.insert(place, index, this.scene.plane.toWorld(at));
      this.grip = { of: "corner", uid, index };
    } else {
      this.grip = { of: "whole", uid, from: at, points: place.points };
    }
    if (this.grip.of === "corner") this.focus("corner", this.grip.index);
  }

  private move(event: PointerEvent): void {
    const at = this.viewOf(event);
    if (this.drawing) {
      this.drawing.cursor = at;
      this.drawing.byKeyboard = false;
      this.redraw();
      return;
    }
    const grip = this.grip;
    const place = grip && this.draft.places.find((one) => one.uid === grip.uid);
    if (!grip || !place) return;
    const { plane } = this.scene;
    if (grip.of === "corner") {
      this.setCorner(place, grip.index, plane.toWorld(at));
    } else {
      const by: Point = [at[0] - grip.from[0], at[1] - grip.from[1]];
      this.draft.change(place.uid, { points: this.moved(grip.points, by) });
    }
  }

  private up(): void {
    this.grip = null;
  }

  /** All points by as much as keeps them all on the plane. */
  private moved(points: Point[], [dx, dy]: Point): Point[] {
    const { plane } = this.scene;
    const views = points.map(plane.toView);
    const xs = views.map(([x]) => x);
    const ys = views.map(([, y]) => y);
    const x = clamp(dx, -Math.min(...xs), plane.width - Math.max(...xs));
    const y = clamp(dy, -Math.min(...ys), plane.height - Math.max(...ys));
    return views.map((p) => plane.toWorld([p[0] + x, p[1] + y]));
  }

  private addCorner(at: Point): void {
    const drawing = this.drawing;
    if (!drawing) return;
    const first = drawing.points[0];
    const near = NEAR_PX * this.scene.screenUnit;
    if (
      first &&
      drawing.kind !== "line" &&
      drawing.points.length >= 3 &&
      distance(at, this.scene.plane.toView(first)) < near
    ) {
      this.finish();
      return;
    }
    drawing.points.push(this.scene.plane.toWorld(at));
    if (drawing.kind === "line" && drawing.points.length === 2) this.finish();
    else this.redraw();
  }

  private insert(place: DraftPlace, index: number, point: Point): void {
    const points = [...place.points];
    points.splice(index, 0, point);
    this.draft.change(place.uid, { points });
  }

  private setCorner(place: DraftPlace, index: number, point: Point): void {
    this.draft.change(place.uid, { points: place.points.map((p, i) => (i === index ? point : p)) });
  }

  private key(event: KeyboardEvent): void {
    if (this.drawing) this.drawingKey(event, this.drawing);
    else this.handleKey(event);
  }

  private drawingKey(event: KeyboardEvent, drawing: Drawing): void {
    const arrow = ARROWS[event.key];
    const { plane } = this.scene;
    if (arrow) {
      const step = (event.shiftKey ? STEP : LARGE_STEP) * this.scene.screenUnit;
      drawing.byKeyboard = true;
      drawing.cursor = [
        clamp(drawing.cursor[0] + arrow[0] * step, 0, plane.width),
        clamp(drawing.cursor[1] + arrow[1] * step, 0, plane.height),
      ];
      this.redraw();
    } else if (event.key === " ") this.addCorner(drawing.cursor);
    else if (event.key === "Enter") this.finish();
    else if (event.key === "Escape") this.cancel();
    else if (event.key === "Backspace") {
      drawing.points.pop();
      this.redraw();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private handleKey(event: KeyboardEvent): void {
    const target = event.target as SVGElement;
    const place = this.draft.places.find((one) => one.uid === Number(target.dataset?.uid));
    if (!place) return;
    const corner = target.dataset.corner === undefined ? null : Number(target.dataset.corner);
    const edge = target.dataset.edge === undefined ? null : Number(target.dataset.edge);
    const arrow = ARROWS[event.key];
    const { plane } = this.scene;
    if (arrow && edge === null) {
      const step = (event.shiftKey ? LARGE_STEP : STEP) * (plane.units === "metres" ? 5 : 1);
      const by: Point = [arrow[0] * step, arrow[1] * step];
      this.draft.remember();
      if (corner === null) {
        this.draft.change(place.uid, { points: this.moved(place.points, by) });
      } else {
        const [x, y] = plane.toView(place.points[corner]);
        this.setCorner(place, corner, plane.toWorld([x + by[0], y + by[1]]));
      }
    } else if ((event.key === "Delete" || event.key === "Backspace") && corner !== null) {
      if (place.kind !== "line" && place.points.length > 3) {
        this.draft.remember();
        this.draft.change(place.uid, { points: place.points.filter((_, i) => i !== corner) });
        this.focus("corner", Math.max(0, corner - 1));
      }
    } else if ((event.key === "Enter" || event.key === " ") && edge !== null) {
      const [a, b] = [place.points[edge], place.points[(edge + 1) % place.points.length]];
      this.draft.remember();
      this.insert(place, edge + 1, plane.toWorld(middle([plane.toView(a), plane.toView(b)])));
      this.focus("corner", edge + 1);
    } else if (event.key === "Enter" || event.key === " ") {
      this.draft.select(place.uid);
    } else if (event.key === "Escape") {
      this.draft.select(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private focus(what: "corner" | "edge" | "whole", index: number): void {
    const query = what === "whole" ? `[data-whole="${index}"]` : `[data-${what}="${index}"]`;
    this.layer.querySelector<SVGElement>(query)?.focus();
  }

  redraw(): void {
    const active = document.activeElement as SVGElement | null;
    const data = active && this.layer.contains(active) ? { ...active.dataset } : null;
    put(this.layer);
    put(this.labels);
    const places = this.shown();
    const chosen = this.draft.chosen;
    for (const place of places) if (place !== chosen) this.drawPlace(place, false);
    if (chosen && places.includes(chosen)) this.drawPlace(chosen, true);
    if (this.drawing) this.drawDrawing(this.drawing);
    if (data?.corner !== undefined) this.focus("corner", Number(data.corner));
    else if (data?.edge !== undefined) this.focus("edge", Number(data.edge));
    else if (data?.whole !== undefined) this.focus("whole", Number(data.whole));
  }

  private drawPlace(place: DraftPlace, chosen: boolean): void {
    const { plane, screenUnit } = this.scene;
    const views = place.points.map(plane.toView);
    const text = views.map((p) => p.join(",")).join(" ");
    const isLine = place.kind === "line";
    const shape = s(
      "g",
      {
        class: `place ${place.kind}${chosen ? " chosen" : ""}`,
        "data-uid": place.uid,
        "data-whole": place.uid,
        tabindex: 0,
        role: "button",
        "aria-label": `${t(place.kind)} ${place.name}`,
        "aria-pressed": String(chosen),
        onfocus: () => this.draft.select(place.uid),
      },
      isLine && s("polyline", { points: text, class: "line-halo" }),
      isLine && s("polyline", { points: text, class: "line-grab" }),
      s(isLine ? "polyline" : "polygon", { points: text }),
      isLine && s("path", { d: arrowOf(views, 26 * screenUnit).path, class: "arrow" }),
    );
    this.layer.append(shape);
    this.label(place, views);
    if (chosen && this.editable) this.drawHandles(place, views);
  }

  private label(place: DraftPlace, views: Point[]): void {
    const { plane } = this.scene;
    const [x, y] = place.kind === "line" ? middle([views[0], middle(views)]) : middle(views);
    const label = h("span", { class: `place-label ${place.kind}` }, place.name || "…");
    this.labels.append(label);
    placeLabel(label, this.labels, x / plane.width, y / plane.height);
  }

  private drawHandles(place: DraftPlace, views: Point[]): void {
    const unit = this.scene.screenUnit;
    const name = place.name;
    if (place.kind !== "line") {
      views.forEach((p, i) => {
        const [x, y] = middle([p, views[(i + 1) % views.length]]);
        this.layer.append(
          s(
            "g",
            {
              class: "handle edge",
              "data-uid": place.uid,
              "data-edge": i,
              tabindex: 0,
              role: "button",
              "aria-label": t("edge", { n: i + 1, name }),
            },
            s("circle", { cx: x, cy: y, r: 11 * unit, class: "grab" }),
            s("circle", { cx: x, cy: y, r: 4 * unit }),
          ),
        );
      });
    }
    views.forEach(([x, y], i) => {
      this.layer.append(
        s(
          "g",
          {
            class: "handle corner",
            "data-uid": place.uid,
            "data-corner": i,
            tabindex: 0,
            role: "button",
            "aria-label": t("corner", { n: i + 1, name }),
          },
          s("circle", { cx: x, cy: y, r: 16 * unit, class: "grab" }),
          s("circle", { cx: x, cy: y, r: 7 * unit }),
        ),
      );
    });
  }

  private drawDrawing(drawing: Drawing): void {
    const { plane, screenUnit: unit } = this.scene;
    const views = drawing.points.map(plane.toView);
    const [x, y] = drawing.cursor;
    const text = [...views, drawing.cursor].map((p) => p.join(",")).join(" ");
    this.layer.append(
      s(
        "g",
        { class: `place ${drawing.kind} drawing` },
        s(drawing.kind === "line" ? "polyline" : "polygon", { points: text }),
      ),
      ...views.map(([a, b], i) =>
        s("circle", { cx: a, cy: b, r: (i === 0 ? 7 : 5) * unit, class: "drawn" }),
      ),
    );
    if (drawing.byKeyboard) {
      const size = 14 * unit;
      this.layer.append(
        s("path", {
          class: "cross",
          d: `M${x - size} ${y}H${x + size}M${x} ${y - size}V${y + size}`,
        }),
      );
    }
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
