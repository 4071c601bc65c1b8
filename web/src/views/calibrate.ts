import { type Calibration, calibrate, type Point, videoUrl } from "../api";
import { choice } from "../choice";
import { h, put, putText, s } from "../dom";
import { latestState, peopleFrames, refreshState } from "../feed";
import { homography, project, sideOf, turnOf } from "../homography";
import { number, t } from "../i18n";
import { icon } from "../icons";
import { sentenceOfError } from "../notice";
import { clamp, picturePlane } from "../plane";
import { Scene } from "../scene";
import type { View } from "../view";

const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Four floor points of known distances, clicked in the picture, say where a camera hangs. */
export function calibrateView(name: string): View {
  const camera = latestState()?.cameras.find((one) => one.name === name);
  if (!camera) return { element: h("p", { class: "empty" }, t("nothing_here")) };
  return new CalibrateScreen(name, camera.width, camera.height, camera.picture === true);
}

class CalibrateScreen implements View {
  readonly element: HTMLElement;
  private readonly scene: Scene;
  private readonly layer = s("g", { class: "calibrate" });
  private readonly hint = h("p", { class: "hint", "aria-live": "polite" });
  private readonly figures = h("div", { class: "calibrate-figures" });
  private readonly result = h("div", { role: "alert" });
  private readonly button = h(
    "button",
    { class: "button primary", onclick: () => void this.send() },
    icon("target", 18),
    t("calibrate_do"),
  );
  private readonly pixels: Point[] = [];
  private floor: Point[] = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
  ];
  private size: Point = [2, 2];
  private rectangle = true;
  private dragged: number | null = null;
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly name: string,
    width: number,
    height: number,
    picture: boolean,
  ) {
    this.scene = new Scene(picturePlane(width, height), name);
    this.scene.element.setAttribute("role", "group");
    this.scene.element.classList.add("editable", "is-drawing");
    this.scene.element.tabIndex = 0;
    if (picture) this.scene.setPicture(videoUrl(name));
    const { overlay } = this.scene;
    overlay.append(this.layer);
    overlay.addEventListener("pointerdown", (event) => this.down(event));
    overlay.addEventListener("pointermove", (event) => this.move(event));
    overlay.addEventListener("pointerup", () => {
      this.dragged = null;
    });
    this.scene.element.addEventListener("keydown", (event) => this.key(event));
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.scene.element);
    this.ends.push(
      () => observer.disconnect(),
      peopleFrames.on(
        (frame) => frame.camera === name && this.scene.showPeople(name, frame.people),
      ),
    );
    this.element = h(
      "div",
      { class: "calibrate-view" },
      h(
        "header",
        { class: "bar" },
        h(
          "a",
          {
            class: "button quiet",
            href: `#/places/${encodeURIComponent(name)}`,
            "aria-label": t("places"),
          },
          icon("back"),
          h("span", { class: "wide" }, t("places")),
        ),
        h("h2", {}, t("calibrate_title", { name })),
      ),
      h(
        "div",
        { class: "with-side" },
        h("div", { class: "card stage" }, this.scene.element, this.hint),
        h(
          "div",
          { class: "side-stack" },
          h(
            "section",
            { class: "card side" },
            h("p", { class: "muted" }, t("calibrate_why")),
            h(
              "ol",
              { class: "steps" },
              h("li", {}, t("calibrate_step1")),
              h("li", {}, t("calibrate_step2")),
            ),
            !picture && h("p", { class: "muted" }, t("picture_off")),
            choice(
              t("calibrate_step2"),
              [
                ["rectangle", t("calibrate_rectangle")],
                ["free", t("calibrate_free")],
              ] as const,
              "rectangle",
              (kind) => {
                this.rectangle = kind === "rectangle";
                if (!this.rectangle) this.floor = this.floorPoints();
                this.showFigures();
                this.draw();
              },
            ),
            this.figures,
            h("p", { class: "muted small" }, t("calibrate_grid")),
            this.result,
            h(
              "div",
              { class: "row" },
              this.button,
              h(
                "button",
                { class: "button quiet", onclick: () => this.again() },
                t("calibrate_again"),
              ),
            ),
          ),
        ),
      ),
    );
    this.showFigures();
    this.draw();
  }

  close(): void {
    for (const end of this.ends) end();
    this.scene.close();
  }

  private showFigures(): void {
    const figure = (text: string, value: number, set: (value: number) => void) =>
      h(
        "label",
        { class: "field" },
        h("span", {}, text),
        h("input", {
          type: "number",
          step: 0.01,
          value,
          oninput: (event: Event) => {
            const given = (event.target as HTMLInputElement).valueAsNumber;
            if (Number.isFinite(given)) set(given);
            this.draw();
          },
        }),
      );
    put(
      this.figures,
      this.rectangle
        ? h(
            "div",
            { class: "two" },
            figure(t("width_m"), this.size[0], (value) => {
              this.size[0] = value;
            }),
            figure(t("depth_m"), this.size[1], (value) => {
              this.size[1] = value;
            }),
          )
        : this.floor.map((point, i) =>
            h(
              "div",
              { class: "point-row" },
              h("b", {}, String(i + 1)),
              figure("x (m)", point[0], (value) => {
                point[0] = value;
              }),
              figure("y (m)", point[1], (value) => {
                point[1] = value;
              }),
            ),
          ),
    );
  }

  /** The floor is never seen from below, so a rectangle turns as its picture does (y is up on the floor). */
  private floorPoints(): Point[] {
    if (!this.rectangle) return this.floor;
    const [w, d] = this.size;
    const clockwise = this.pixels.length === 4 && turnOf(this.pixels) > 0;
    return clockwise
      ? [
          [0, d],
          [w, d],
          [w, 0],
          [0, 0],
        ]
      : [
          [0, 0],
          [w, 0],
          [w, d],
          [0, d],
        ];
  }

  private fault(): string {
    if (this.pixels.length < 4) return t("calibrate_need");
    const seen = turnOf(this.pixels);
    const real = turnOf(this.floorPoints().map(([x, y]): Point => [x, -y]));
    return seen === 0 || real === 0 || seen !== real ? t("calibrate_bad") : "";
  }

  private async send(): Promise<void> {
    const fault = this.fault();
    if (fault) {
      put(this.result, h("p", { class: "why" }, fault));
      return;
    }
    this.button.disabled = true;
    try {
      const floor = this.floorPoints();
      const done = await calibrate(
        this.name,
        this.pixels.map((pixel, i) => ({ pixel, floor: floor[i] })),
      );
      put(
        this.result,
        h("p", { class: "well" }, this.sentence(done)),
        h("p", {}, h("a", { href: "#/floor" }, t("floor"))),
      );
      await refreshState();
    } catch (error) {
      put(this.result, h("p", { class: "why" }, sentenceOfError(error)));
    }
    this.button.disabled = false;
  }

  private sentence({ height, tilt, error_px }: Calibration): string {
    return t("calibrate_done", {
      height: number(height, 2),
      tilt: number(tilt, 1),
      error: number(error_px, 2),
    });
  }

  private again(): void {
    this.pixels.length = 0;
    put(this.result);
    this.draw();
    this.scene.element.focus();
  }

  private viewOf(event: PointerEvent): Point {
    const box = this.scene.overlay.getBoundingClientRect();
    const { width, height } = this.scene.plane;
    const round = (value: number) => Math.round(value * 10) / 10;
    return [
      round(clamp(((event.clientX - box.left) / box.width) * width, 0, width - 1)),
      round(clamp(((event.clientY - box.top) / box.height) * height, 0, height - 1)),
    ];
  }

  private down(event: PointerEvent): void {
    const at = this.viewOf(event);
    const held = (event.target as Element).closest<SVGElement>("[data-index]");
    if (held) this.dragged = Number(held.dataset.index);
    else if (this.pixels.length < 4) this.dragged = this.pixels.push(at) - 1;
    else return;
    event.preventDefault();
    this.scene.overlay.setPointerCapture(event.pointerId);
    this.draw();
    this.focus(this.dragged);
  }

  private move(event: PointerEvent): void {
    if (this.dragged === null) return;
    this.pixels[this.dragged] = this.viewOf(event);
    this.draw();
  }

  private key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    const index = Number((event.target as SVGElement).dataset?.index ?? Number.NaN);
    const { width, height } = this.scene.plane;
    if (event.target === this.scene.element && (event.key === " " || event.key === "Enter")) {
      // By keyboard a point begins in the middle, and is moved from there.
      if (this.pixels.length < 4) {
        const added = this.pixels.push([width / 2, height / 2]) - 1;
        this.draw();
        this.focus(added);
      }
    } else if (arrow && this.pixels[index]) {
      const step = event.shiftKey ? 10 : 1;
      const [x, y] = this.pixels[index];
      this.pixels[index] = [
        clamp(x + arrow[0] * step, 0, width - 1),
        clamp(y + arrow[1] * step, 0, height - 1),
      ];
      this.draw();
    } else if (event.key === "Delete" && this.pixels[index]) {
      this.pixels.splice(index, 1);
      this.draw();
      this.scene.element.focus();
    } else return;
    event.preventDefault();
  }

  private focus(index: number): void {
    this.layer.querySelector<SVGElement>(`[data-index="${index}"]`)?.focus();
  }

  private draw(): void {
    const active = document.activeElement as SVGElement | null;
    const focused = active && this.layer.contains(active) ? Number(active.dataset.index) : null;
    const unit = this.scene.screenUnit;
    put(
      this.layer,
      this.grid(),
      this.pixels.length > 1 && s("polygon", { points: this.pixels.join(" "), class: "quad" }),
      this.pixels.map(([x, y], i) =>
        s(
          "g",
          {
            class: "handle corner",
            tabindex: 0,
            role: "button",
            "data-index": i,
            "aria-label": t("point_n", { n: i + 1 }),
          },
          s("circle", { cx: x, cy: y, r: 18 * unit, class: "grab" }),
          s("circle", { cx: x, cy: y, r: 11 * unit }),
          s("text", { x, y, "font-size": 13 * unit, dy: "0.35em", "text-anchor": "middle" }, i + 1),
        ),
      ),
    );
    const n = this.pixels.length;
    putText(
      this.hint,
      n < 4 ? t("calibrate_wait", { n: n + 1 }) : this.fault() || t("calibrate_all_set"),
    );
    this.hint.classList.toggle("why", n === 4 && this.fault() !== "");
    this.scene.element.classList.toggle("is-drawing", n < 4);
    if (focused !== null) this.focus(focused);
  }

  /** The floor by metres, as the four points say it lies. */
  private grid(): SVGElement | false {
    if (this.fault()) return false;
    const floor = this.floorPoints();
    const map = homography(floor, this.pixels);
    if (!map) return false;
    const side = sideOf(map, floor[0]);
    const xs = floor.map(([x]) => x);
    const ys = floor.map(([, y]) => y);
    const around = 3;
    const [left, right] = [
      Math.floor(Math.min(...xs)) - around,
      Math.ceil(Math.max(...xs)) + around,
    ];
    const [low, high] = [Math.floor(Math.min(...ys)) - around, Math.ceil(Math.max(...ys)) + around];
    if (right - left > 60 || high - low > 60) return false;
    let path = "";
    const line = (at: (part: number) => Point): void => {
      let begun = false;
      for (let part = 0; part <= 1.0001; part += 1 / 32) {
        const p = project(map, at(part), side);
        const inside = p && Math.abs(p[0]) < 1e4 && Math.abs(p[1]) < 1e4;
        if (inside) path += `${begun ? "L" : "M"}${p[0].toFixed(1)} ${p[1].toFixed(1)}`;
        begun = Boolean(inside);
      }
    };
    for (let x = left; x <= right; ++x) line((part) => [x, low + part * (high - low)]);
    for (let y = low; y <= high; ++y) line((part) => [left + part * (right - left), y]);
    return s("path", { d: path, class: "floor-grid" });
  }
}
