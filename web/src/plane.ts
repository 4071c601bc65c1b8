import type { Place, Point } from "./api";

/** What places are drawn on: a camera's picture, or the floor seen from above. */
export interface Plane {
  /** Size of the view's own units, which the drawing stretches to the room it has. */
  width: number;
  height: number;
  units: Place["units"];
  /** View units in one unit of the places. */
  scale: number;
  toView(point: Point): Point;
  toWorld(view: Point): Point;
}

const USUAL_SIZE: Point = [640, 480]; // until a camera's first picture

export function picturePlane(width: number, height: number): Plane {
  const [w, h] = width > 0 && height > 0 ? [width, height] : USUAL_SIZE;
  return {
    width: w,
    height: h,
    units: "pixels",
    scale: 1,
    toView: (point) => point,
    toWorld: ([x, y]) => [Math.round(clamp(x, 0, w - 1)), Math.round(clamp(y, 0, h - 1))],
  };
}

export interface Extent {
  left: number;
  right: number;
  low: number;
  high: number;
}

/** Metres on the floor, x to the right and y up. */
export function floorPlane({ left, right, low, high }: Extent): Plane {
  const scale = 100;
  return {
    width: (right - left) * scale,
    height: (high - low) * scale,
    units: "metres",
    scale,
    toView: ([x, y]) => [(x - left) * scale, (high - y) * scale],
    toWorld: ([x, y]) => [round2(left + x / scale), round2(high - y / scale)],
  };
}

/** Whole metres around all points, at least `least` metres a side. */
export function extentOf(points: Point[], least = 4, margin = 0.5): Extent {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  if (points.length === 0) [left, right, low, high] = [0, 0, 0, 0];
  const grow = (from: number, to: number): Point => {
    const more = Math.max(margin, (least - (to - from)) / 2);
    return [Math.floor(from - more), Math.ceil(to + more)];
  };
  [left, right] = grow(left, right);
  [low, high] = grow(low, high);
  return { left, right, low, high };
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
