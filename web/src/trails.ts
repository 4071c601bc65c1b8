/** Where people came from: the last seconds of each, fading. */
export class Trails {
  private trails = new Map<string, { x: number; y: number; at: number }[]>();

  constructor(private readonly keep_ms = 8000) {}

  add(key: string, x: number, y: number, now: number): void {
    const trail = this.trails.get(key) ?? [];
    const last = trail[trail.length - 1];
    if (!last || now > last.at) trail.push({ x, y, at: now });
    this.trails.set(key, trail);
  }

  get empty(): boolean {
    return this.trails.size === 0;
  }

  clear(): void {
    this.trails.clear();
  }

  draw(
    context: CanvasRenderingContext2D,
    now: number,
    width: number,
    color: (key: string, alpha: number) => string,
  ): void {
    context.lineCap = "butt"; // round ones would overlap and darken where pieces meet
    context.lineJoin = "round";
    for (const [key, trail] of this.trails) {
      while (trail.length > 0 && now - trail[0].at > this.keep_ms) trail.shift();
      if (trail.length === 0) {
        this.trails.delete(key);
        continue;
      }
      // A few pieces, each paler than the one after it.
      const pieces = 8;
      for (let piece = 0; piece < pieces; ++piece) {
        const from = Math.floor((piece * (trail.length - 1)) / pieces);
        const to = Math.floor(((piece + 1) * (trail.length - 1)) / pieces);
        if (to <= from) continue;
        const age = (now - trail[to].at) / this.keep_ms;
        context.strokeStyle = color(key, Math.max(0, 0.7 * (1 - age)));
        context.lineWidth = width * (1 - 0.6 * age);
        context.beginPath();
        context.moveTo(trail[from].x, trail[from].y);
        for (let i = from + 1; i <= to; ++i) context.lineTo(trail[i].x, trail[i].y);
        context.stroke();
      }
    }
  }
}
