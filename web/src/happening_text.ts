import type { Happening } from "./api";
import { h } from "./dom";
import { duration, type Key, t } from "./i18n";
import { trackColor } from "./theme";

/** What happened, in words, without who. */
export function sentenceOf(event: Happening): string {
  const key: Key =
    event.event === "dwelt" && event.ended ? "says_dwelt_ended" : (`says_${event.event}` as Key);
  return t(key, {
    place: event.place ?? "",
    time: event.seconds === undefined ? "" : duration(event.seconds),
    direction: event.direction ?? "",
    hand: event.hand ? t(`hand_${event.hand}`) : "",
    other: String(event.other_track ?? ""),
  });
}

export function trackChip(track: number): HTMLElement {
  const chip = h("span", { class: "track" }, `#${track}`);
  chip.style.setProperty("--track", trackColor(track));
  return chip;
}
