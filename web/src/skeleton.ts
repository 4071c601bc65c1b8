import type { SeenPerson } from "./api";

const LIMBS: [number, number][] = [
  [5, 6],
  [5, 7],
  [7, 9],
  [6, 8],
  [8, 10],
  [5, 11],
  [6, 12],
  [11, 12],
  [11, 13],
  [13, 15],
  [12, 14],
  [14, 16],
];
const SEEN = 0.05;
const FACE = [0, 1, 2, 3, 4];

type Spot = [number, number];

function seen(person: SeenPerson, index: number): Spot | null {
  const point = person.keypoints[index];
  return point && point[2] > SEEN ? [point[0], point[1]] : null;
}

function mean(spots: (Spot | null)[]): Spot | null {
  const known = spots.filter((spot): spot is Spot => spot !== null);
  if (known.length === 0) return null;
  const sum = known.reduce(([x, y], [a, b]) => [x + a, y + b], [0, 0]);
  return [sum[0] / known.length, sum[1] / known.length];
}

/** Where a person's trail runs: between the hips, else the middle of the box. */
export function middleOf(person: SeenPerson): Spot {
  const [x, y, w, h] = person.box;
  return mean([seen(person, 11), seen(person, 12)]) ?? [x + w / 2, y + h / 2];
}

/** Who has no joints is an ellipse in the box. Draws in pixels of the camera's picture; `pixel` is the size of one pixel of the screen in them. */
export function drawSkeleton(
  context: CanvasRenderingContext2D,
  person: SeenPerson,
  color: string,
  halo: string,
  pixel: number,
): void {
  const size = Math.max(person.box[2], person.box[3]);
  const thick = Math.max(2 * pixel, Math.min(5 * pixel, size / 32));
  if (!person.keypoints.some((point) => point[2] > SEEN)) {
    drawBody(context, person, color, halo, thick, pixel);
    return;
  }
  const lines = new Path2D();
  for (const [a, b] of LIMBS) {
    const from = seen(person, a);
    const to = seen(person, b);
    if (from && to) {
      lines.moveTo(...from);
      lines.lineTo(...to);
    }
  }
  const neck = mean([seen(person, 5), seen(person, 6)]);
  const face = mean(FACE.map((index) => seen(person, index)));
  if (neck && face) {
    lines.moveTo(...neck);
    lines.lineTo(...face);
  }
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = halo; // keeps the colour apart from any picture below
  context.lineWidth = thick + 2 * pixel;
  context.stroke(lines);
  context.strokeStyle = color;
  context.lineWidth = thick;
  context.stroke(lines);
  context.fillStyle = color;
  for (let i = 5; i < person.keypoints.length; ++i) {
    const spot = seen(person, i);
    if (spot) dot(context, spot, thick * 0.9);
  }
  if (face) {
    const radius = headRadius(person, size);
    dot(context, face, radius + pixel, halo);
    dot(context, face, radius, color);
  }
}

/** Somebody of whom only the box was found, as often straight from above. */
function drawBody(
  context: CanvasRenderingContext2D,
  { box: [x, y, w, h] }: SeenPerson,
  color: string,
  halo: string,
  thick: number,
  pixel: number,
): void {
  context.beginPath();
  context.ellipse(x + w / 2, y + h / 2, w / 2, h / 2, 0, 0, 2 * Math.PI);
  context.globalAlpha = 0.18;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = halo;
  context.lineWidth = thick + 2 * pixel;
  context.stroke();
  context.strokeStyle = color;
  context.lineWidth = thick;
  context.stroke();
}

function headRadius(person: SeenPerson, size: number): number {
  const left = seen(person, 3);
  const right = seen(person, 4);
  const usual = size / 16;
  if (!left || !right) return usual;
  const between = Math.hypot(left[0] - right[0], left[1] - right[1]);
  return Math.min(size / 10, Math.max(usual, between / 2));
}

function dot(context: CanvasRenderingContext2D, [x, y]: Spot, radius: number, fill?: string): void {
  if (fill) context.fillStyle = fill;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
