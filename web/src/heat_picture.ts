import type { Heat, Point } from "./api";
import { isDark } from "./theme";

// From a little to a lot; light and dark alike end in the colours that stand out there.
const LIGHT: [number, number, number, number][] = [
  [15, 118, 110, 0],
  [45, 158, 139, 110],
  [244, 178, 64, 190],
  [214, 69, 45, 225],
];
const DARK: [number, number, number, number][] = [
  [20, 130, 125, 0],
  [38, 166, 154, 120],
  [250, 190, 80, 200],
  [255, 110, 80, 235],
];

function ramp(value: number): [number, number, number, number] {
  const colors = isDark() ? DARK : LIGHT;
  const at = Math.min(0.9999, Math.max(0, value)) * (colors.length - 1);
  const i = Math.floor(at);
  const part = at - i;
  return colors[i].map((c, k) => c + part * (colors[i + 1][k] - c)) as [
    number,
    number,
    number,
    number,
  ];
}

export interface HeatPicture {
  canvas: HTMLCanvasElement;
  leftTop: Point;
  rightBottom: Point;
}

/** One pixel a cell, to be stretched smoothly; the root of the time, as few spots hold most of it. */
export function heatPicture(heat: Heat): HeatPicture | null {
  if (heat.cells.length === 0 || heat.cell_m <= 0) return null;
  const xs = heat.cells.map(([i]) => i);
  const ys = heat.cells.map(([, j]) => j);
  const [left, right] = [Math.min(...xs) - 1, Math.max(...xs) + 2];
  const [low, high] = [Math.min(...ys) - 1, Math.max(...ys) + 2];
  const canvas = document.createElement("canvas");
  canvas.width = right - left;
  canvas.height = high - low;
  const context = canvas.getContext("2d");
  if (!context) return null;
  const image = context.createImageData(canvas.width, canvas.height);
  // The busiest cells saturate, so that one chair does not hide the rest.
  const sorted = heat.cells.map(([, , seconds]) => seconds).sort((a, b) => a - b);
  const most = sorted[Math.floor(0.98 * (sorted.length - 1))] || 1;
  for (let pixel = 0; pixel < image.data.length; pixel += 4) image.data.set(ramp(0), pixel);
  for (const [i, j, seconds] of heat.cells) {
    const at = 4 * ((high - 1 - j) * canvas.width + (i - left));
    image.data.set(ramp(Math.sqrt(seconds / most)), at);
  }
  context.putImageData(image, 0, 0);
  return {
    canvas,
    leftTop: [left * heat.cell_m, high * heat.cell_m],
    rightBottom: [right * heat.cell_m, low * heat.cell_m],
  };
}
