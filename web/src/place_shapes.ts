import type { Place, PlaceNow, Point } from "./api";
import { s } from "./dom";
import { t } from "./i18n";
import type { Plane } from "./plane";

export const placeKey = (place: { camera: string; name: string }) =>
  `${place.camera}/${place.name}`;

/** The middle of a place, in the view's units. */
export function middle(points: Point[]): Point {
  const sum = points.reduce<Point>(([x, y], [a, b]) => [x + a, y + b], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
}

/** An arrow that shows which way over a line is forward: from its left to its right. */
export function arrowOf([a, b]: Point[], length: number): { path: string; tip: Point } {
  const along: Point = [b[0] - a[0], b[1] - a[1]];
  const size = Math.hypot(...along) || 1;
  const ahead: Point = [-along[1] / size, along[0] / size];
  const side: Point = [along[0] / size, along[1] / size];
  const [x, y] = middle([a, b]);
  const at = (forward: number, right: number): Point => [
    x + length * (forward * ahead[0] + right * side[0]),
    y + length * (forward * ahead[1] + right * side[1]),
  ];
  const tip = at(1, 0);
  const text = (p: Point) => p.map((n) => n.toFixed(2)).join(" ");
  return {
    tip,
    path: `M${text([x, y])}L${text(tip)}M${text(at(0.62, 0.32))}L${text(tip)}L${text(at(0.62, -0.32))}`,
  };
}

export function shapeOf(place: Place, plane: Plane, screenUnit: number): SVGElement {
  const points = place.points.map(plane.toView);
  const text = points.map((p) => p.join(",")).join(" ");
  if (place.kind === "line") {
    return s(
      "g",
      { class: "place line" },
      s("polyline", { points: text, class: "line-halo" }),
      s("polyline", { points: text }),
      points.length === 2 &&
        s("path", { d: arrowOf(points, 22 * screenUnit).path, class: "arrow" }),
    );
  }
  return s("g", { class: `place ${place.kind}` }, s("polygon", { points: text }));
}

/** A short account of what a place counts, for labels. */
export function countOf(place: Place, now: PlaceNow | undefined): string {
  if (!now) return "";
  if (place.kind === "line") {
    const [a, b] = (place.directions ?? []).map((name) => (name.length <= 8 ? `${name} ` : ""));
    return `${a ?? ""}${now.forward ?? 0} · ${b ?? ""}${now.backward ?? 0}`;
  }
  return String(now.inside ?? 0);
}

/** The same in words. */
export function accountOf(place: Place, now: PlaceNow | undefined): string {
  if (!now) return "–";
  if (place.kind === "line") {
    const [a, b] = place.directions ?? ["→", "←"];
    return t("forward_backward", { a, x: now.forward ?? 0, b, y: now.backward ?? 0 });
  }
  if (place.kind === "shelf") {
    return `${t("hands", { n: now.inside ?? 0 })} · ${t("reached_n", { n: now.reached ?? 0 })}`;
  }
  return `${t("inside", { n: now.inside ?? 0 })} · ${t("entered_n", { n: now.entered ?? 0 })}`;
}
