import type { Place, PlaceKind, Point } from "../api";
import { type Key, t } from "../i18n";

export type DraftPlace = Place & { uid: number };

/** The places as they are being edited, with a way back. Knows nothing of the screen. */
export class Draft {
  places: DraftPlace[] = [];
  selected: number | null = null;
  private saved = "";
  private past: string[] = [];
  private future: string[] = [];
  private nextUid = 1;
  private listeners = new Set<() => void>();

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }
  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  load(places: Place[]): void {
    const chosen = this.chosen;
    this.places = places.map((place) => ({ ...structuredClone(place), uid: this.nextUid++ }));
    this.saved = JSON.stringify(this.plain());
    this.past = [];
    this.future = [];
    const again = this.places.find(
      (one) => one.camera === chosen?.camera && one.name === chosen.name,
    );
    this.selected = again?.uid ?? null;
    this.tell();
  }

  plain(): Place[] {
    return this.places.map(({ uid, ...place }) => place);
  }

  get dirty(): boolean {
    return JSON.stringify(this.plain()) !== this.saved;
  }
  get chosen(): DraftPlace | undefined {
    return this.places.find((place) => place.uid === this.selected);
  }
  get canUndo(): boolean {
    return this.past.length > 0;
  }
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  select(uid: number | null): void {
    if (this.selected === uid) return;
    this.selected = uid;
    this.tell();
  }

  /** To be called before a change (before the first of many that are one to the user). */
  remember(): void {
    const now = JSON.stringify(this.places);
    if (this.past[this.past.length - 1] !== now) this.past.push(now);
    this.future = [];
  }

  change(uid: number, next: Partial<Place>): void {
    this.places = this.places.map((place) => (place.uid === uid ? { ...place, ...next } : place));
    this.tell();
  }

  add(camera: string, units: Place["units"], kind: PlaceKind, points: Point[]): void {
    this.remember();
    const place: DraftPlace = {
      camera,
      name: this.freeName(camera, kind),
      kind,
      units,
      points,
      uid: this.nextUid++,
    };
    if (kind === "line") place.directions = ["in", "out"];
    if (kind === "shelf" && units === "metres") place.height = [0.8, 1.6];
    this.places = [...this.places, place];
    this.selected = place.uid;
    this.tell();
  }

  remove(uid: number): void {
    this.remember();
    this.places = this.places.filter((place) => place.uid !== uid);
    if (this.selected === uid) this.selected = null;
    this.tell();
  }

  undo(): void {
    this.swap(this.past, this.future);
  }
  redo(): void {
    this.swap(this.future, this.past);
  }
  private swap(from: string[], to: string[]): void {
    const now = JSON.stringify(this.places);
    let state = from.pop();
    if (state === now) state = from.pop(); // remembered, and then nothing was changed
    if (state === undefined) return;
    to.push(now);
    this.places = JSON.parse(state);
    if (!this.chosen) this.selected = null;
    this.tell();
  }

  private freeName(camera: string, kind: PlaceKind): string {
    const taken = new Set(
      this.places.filter((one) => one.camera === camera).map((one) => one.name),
    );
    for (let n = 1; ; ++n) {
      const name = `${t(`new_name_${kind}` as Key)}${n}`;
      if (!taken.has(name)) return name;
    }
  }
}

/** What is wrong with a place before the service is asked; empty if nothing is. */
export function faultOf(place: DraftPlace, all: DraftPlace[]): string {
  if (place.name.trim() === "") return t("needs_name");
  const same = (one: DraftPlace) =>
    one.uid !== place.uid && one.camera === place.camera && one.name === place.name;
  if (all.some(same)) return t("name_taken");
  if (place.kind !== "line" && place.points.length < 3) return t("too_few");
  return "";
}
