import type { Point } from "./api";

type Matrix = [number, number, number, number, number, number, number, number];

/** The projective map that takes four points to four others; null if there is none. */
export function homography(from: Point[], to: Point[]): Matrix | null {
  const rows: number[][] = [];
  for (let i = 0; i < 4; ++i) {
    const [x, y] = from[i];
    const [u, v] = to[i];
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u]);
    rows.push([0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  for (let k = 0; k < 8; ++k) {
    let best = k;
    for (let r = k + 1; r < 8; ++r) if (Math.abs(rows[r][k]) > Math.abs(rows[best][k])) best = r;
    if (Math.abs(rows[best][k]) < 1e-9) return null;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    for (let r = 0; r < 8; ++r) {
      if (r === k) continue;
      const factor = rows[r][k] / rows[k][k];
      for (let c = k; c < 9; ++c) rows[r][c] -= factor * rows[k][c];
    }
  }
  return rows.map((row, i) => row[8] / row[i]) as Matrix;
}

/** Null behind the camera. `side` is the sign that the map has in front of it. */
export function project(m: Matrix, [x, y]: Point, side: number): Point | null {
  const w = m[6] * x + m[7] * y + 1;
  if (w * side <= 1e-6) return null;
  return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
}

export function sideOf(m: Matrix, [x, y]: Point): number {
  return Math.sign(m[6] * x + m[7] * y + 1);
}

/** Twice the area of the triangle, positive if clockwise where y points down. */
function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** 1 or -1 as four corners turn, 0 if they are no convex quadrangle. */
export function turnOf(points: Point[]): number {
  const signs = points.map((p, i) => Math.sign(turn(p, points[(i + 1) % 4], points[(i + 2) % 4])));
  return signs.every((sign) => sign === signs[0]) ? signs[0] : 0;
}
