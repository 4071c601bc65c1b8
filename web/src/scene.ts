import type { Place, PlaceNow, Point, SeenPerson } from "./api";
import { h, put, s } from "./dom";
import { t } from "./i18n";
import { countOf, middle, placeKey, shapeOf } from "./place_shapes";
import type { Plane } from "./plane";
import { drawSkeleton, middleOf } from "./skeleton";
import { isDark, onTheme, trackColor } from "./theme";
import { Trails } from "./trails";

export interface SceneShows {
  trails: boolean;
  names: boolean;
  places: boolean;
}

interface Seen {
  camera: string;
  people: SeenPerson[];
  at: number;
}

const FORGET_MS = 1500; // a camera that is silent for so long shows nobody
const FADE_EVERY_MS = 120;

/**
 * A stage on a plane, in layers: backdrop (grid or picture), heat, people, places, labels.
 * On a picture people are skeletons; on the floor they are dots.
 */
export class Scene {
  readonly element: HTMLElement;
  readonly overlay: SVGSVGElement;
  shows: SceneShows = { trails: true, names: true, places: true };

  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly backdrop = h("div", { class: "scene-backdrop", "aria-hidden": "true" });
  private readonly picture = h("img", { alt: "", hidden: true });
  private readonly under = h("canvas", {
    class: "scene-heat",
    "aria-hidden": "true",
    hidden: true,
  });
  private readonly placeLayer = s("g", { class: "places" });
  private readonly labels = h("div", { class: "scene-labels", "aria-hidden": "true" });
  private readonly note = h("p", { class: "scene-note", hidden: true });
  private readonly observer: ResizeObserver;
  private readonly trails = new Trails();
  private readonly seen = new Map<string, Seen>();
  private readonly ends: (() => void)[] = [];
  private places: Place[] = [];
  private counts = new Map<string, PlaceNow>();
  private countLabels = new Map<string, HTMLElement>();
  private frame = 0;
  private paths: { key: number; points: Point[] }[] = [];
  private onPicture = false;

  constructor(
    public plane: Plane,
    label: string,
  ) {
    this.overlay = s(
      "svg",
      { class: "scene-overlay", preserveAspectRatio: "none" },
      this.placeLayer,
    );
    this.element = h(
      "div",
      { class: `scene ${plane.units}`, role: "img", "aria-label": label },
      this.backdrop,
      this.picture,
      this.under,
      this.canvas,
      this.overlay,
      this.labels,
      this.note,
    );
    this.setPlane(plane);
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.element);
    this.ends.push(onTheme(() => this.repaint()));
    const fading = window.setInterval(() => {
      if (!this.trails.empty || this.seen.size > 0) this.repaint();
    }, FADE_EVERY_MS);
    this.ends.push(() => window.clearInterval(fading));
  }

  close(): void {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.picture.removeAttribute("src"); // ends a running video
    for (const end of this.ends) end();
  }

  setPlane(plane: Plane): void {
    const changed = plane.width !== this.plane.width || plane.height !== this.plane.height;
    this.plane = plane;
    this.overlay.setAttribute("viewBox", `0 0 ${plane.width} ${plane.height}`);
    this.element.style.setProperty("--ratio", String(plane.width / plane.height));
    this.drawGrid();
    if (changed) {
      this.trails.clear();
      this.placesChanged();
    }
  }

  /** View units that one pixel of the screen takes. */
  get screenUnit(): number {
    return this.plane.width / (this.element.clientWidth || this.plane.width);
  }

  setNote(text: string): void {
    this.note.hidden = text === "";
    this.note.textContent = text;
  }

  setPicture(url: string | null): void {
    this.onPicture = url !== null;
    this.picture.hidden = !url;
    this.element.classList.toggle("on-picture", url !== null);
    if (url) this.picture.src = url;
    else this.picture.removeAttribute("src");
  }

  /** `pixels` is stretched over `extent` of the plane's world. */
  setHeat(
    pixels: HTMLCanvasElement | null,
    leftTop: Point = [0, 0],
    rightBottom: Point = [0, 0],
  ): void {
    this.under.hidden = !pixels;
    if (!pixels) return;
    this.under.width = pixels.width;
    this.under.height = pixels.height;
    this.under.getContext("2d")?.drawImage(pixels, 0, 0);
    const [x, y] = this.plane.toView(leftTop);
    const [x1, y1] = this.plane.toView(rightBottom);
    const style = this.under.style;
    style.left = `${(100 * x) / this.plane.width}%`;
    style.top = `${(100 * y) / this.plane.height}%`;
    style.width = `${(100 * (x1 - x)) / this.plane.width}%`;
    style.height = `${(100 * (y1 - y)) / this.plane.height}%`;
  }

  setPaths(paths: { key: number; points: Point[] }[]): void {
    this.paths = paths.map(({ key, points }) => ({ key, points: points.map(this.plane.toView) }));
    this.repaint();
  }

  setPlaces(places: Place[]): void {
    this.places = places;
    this.placesChanged();
  }

  setCounts(counts: Map<string, PlaceNow>): void {
    this.counts = counts;
    for (const place of this.places) {
      const label = this.countLabels.get(placeKey(place));
      if (label) label.textContent = countOf(place, counts.get(placeKey(place)));
    }
  }

  showPeople(camera: string, people: SeenPerson[]): void {
    const at = performance.now();
    this.seen.set(camera, { camera, people, at });
    for (const person of people) {
      const spot = this.spotOf(person);
      if (spot) this.trails.add(`${camera}/${person.track}`, spot[0], spot[1], at);
    }
    this.repaint();
  }

  clearPeople(): void {
    this.seen.clear();
    this.trails.clear();
    this.repaint();
  }

  repaint(): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.paint();
      });
    }
  }

  private spotOf(person: SeenPerson): Point | null {
    if (this.plane.units === "pixels") return middleOf(person);
    return person.floor ? this.plane.toView(person.floor) : null;
  }

  private resized(): void {
    const density = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(this.element.clientWidth * density);
    this.canvas.height = Math.round(this.element.clientHeight * density);
    this.placesChanged();
    this.paint(); // at once: a canvas that was resized is empty
  }

  private drawGrid(): void {
    const { width, height, scale, units } = this.plane;
    if (units === "pixels") return;
    const lines: SVGElement[] = [];
    for (let x = scale; x < width; x += scale) {
      lines.push(s("path", { d: `M${x} 0V${height}` }));
    }
    for (let y = scale; y < height; y += scale) {
      lines.push(s("path", { d: `M0 ${y}H${width}` }));
    }
    put(
      this.backdrop,
      s(
        "svg",
        { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: "grid" },
        ...lines,
      ),
    );
  }

  private placesChanged(): void {
    put(this.placeLayer);
    put(this.labels);
    this.countLabels.clear();
    if (!this.shows.places) return;
    for (const place of this.places) {
      if (place.points.length === 0) continue;
      this.placeLayer.append(shapeOf(place, this.plane, this.screenUnit));
      const points = place.points.map(this.plane.toView);
      // A line's label stands at its end, out of the way of its arrow.
      const [x, y] =
        place.kind === "line" && points.length === 2
          ? middle([points[0], middle(points)])
          : middle(points);
      const count = h("b", {}, countOf(place, this.counts.get(placeKey(place))));
      this.countLabels.set(placeKey(place), count);
      const label = h("span", { class: `place-label ${place.kind}` }, place.name, count);
      this.labels.append(label);
      placeLabel(label, this.labels, x / this.plane.width, y / this.plane.height);
    }
  }

  showPlaces(on: boolean): void {
    this.shows.places = on;
    this.placesChanged();
  }

  private paint(): void {
    const context = this.canvas.getContext("2d");
    if (!context || this.canvas.width === 0) return;
    const now = performance.now();
    const zoom = this.canvas.width / this.plane.width;
    const pixel = this.screenUnit;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(zoom, 0, 0, zoom, 0, 0);
    this.paintPaths(context, pixel);
    if (this.shows.trails) {
      this.trails.draw(context, now, 3.5 * pixel, (key, alpha) =>
        trackColor(Number(key.slice(key.lastIndexOf("/") + 1)), alpha, this.onPicture || isDark()),
      );
    }
    const halo = this.onPicture ? "rgb(0 0 0 / 0.55)" : "transparent";
    let anybody = false;
    for (const [camera, seen] of this.seen) {
      if (now - seen.at > FORGET_MS) {
        this.seen.delete(camera);
        continue;
      }
      for (const person of seen.people) {
        anybody = true;
        const color = trackColor(person.track, 1, this.onPicture || isDark());
        if (this.plane.units === "pixels") drawSkeleton(context, person, color, halo, pixel);
        else this.paintDot(context, person, color, pixel);
        if (this.shows.names) this.paintName(context, person, color, pixel);
      }
    }
    this.element.classList.toggle("nobody", !anybody);
  }

  private paintPaths(context: CanvasRenderingContext2D, pixel: number): void {
    context.lineWidth = 1.5 * pixel;
    context.lineJoin = "round";
    for (const { key, points } of this.paths) {
      context.strokeStyle = trackColor(key, 0.45);
      context.beginPath();
      points.forEach(([x, y], i) => {
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      });
      context.stroke();
    }
  }

  private paintDot(
    context: CanvasRenderingContext2D,
    person: SeenPerson,
    color: string,
    pixel: number,
  ): void {
    const spot = this.spotOf(person);
    if (!spot) return;
    context.beginPath();
    context.arc(spot[0], spot[1], 12 * pixel, 0, 2 * Math.PI);
    context.fillStyle = trackColor(person.track, 0.22);
    context.fill();
    context.beginPath();
    context.arc(spot[0], spot[1], 6 * pixel, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
  }

  private paintName(
    context: CanvasRenderingContext2D,
    person: SeenPerson,
    color: string,
    pixel: number,
  ): void {
    let [x, y] = [0, 0];
    if (this.plane.units === "pixels") {
      x = person.box[0] + person.box[2] / 2;
      y = Math.max(person.box[1] - 8 * pixel, 14 * pixel);
    } else {
      const spot = this.spotOf(person);
      if (!spot) return;
      [x, y] = [spot[0], spot[1] - 16 * pixel];
    }
    const text = `#${person.track}`;
    context.font = `600 ${12 * pixel}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const width = context.measureText(text).width + 12 * pixel;
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(x - width / 2, y - 9 * pixel, width, 18 * pixel, 9 * pixel);
    context.fill();
    context.fillStyle = getComputedStyle(this.element).getPropertyValue("--surface");
    context.fillText(text, x, y + 0.5 * pixel);
  }
}

/** Puts a label's middle at parts of its parent's sides, but never over its edge. */
export function placeLabel(label: HTMLElement, parent: HTMLElement, x: number, y: number): void {
  const margin = 4;
  const within = (part: number, whole: number, size: number) =>
    Math.max(size / 2 + margin, Math.min(whole - size / 2 - margin, part * whole));
  label.style.left = `${within(x, parent.clientWidth, label.offsetWidth)}px`;
  label.style.top = `${within(y, parent.clientHeight, label.offsetHeight)}px`;
}

/** What the scene says to who cannot see it. */
export function peopleText(n: number): string {
  return n === 0 ? t("nobody") : t("n_people", { n });
}
