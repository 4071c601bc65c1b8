import { s } from "./dom";

// Drawn on 24 by 24, stroked in the text's colour.
const PATHS = {
  live: "M4 7h11a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM17 11l4-2.5v7L17 13",
  floor: "M3 6.5 9 4l6 2.5L21 4v13.5L15 20l-6-2.5L3 20zM9 4v13.5M15 6.5V20",
  charts: "M4 20V4M4 20h16M8.5 16v-4M13 16V8M17.5 16v-6",
  events: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  places: "M5 8.5 12 4l7 3.5-2 11L6.5 17zM5 8.5h.01M12 4h.01M19 7.5h.01M17 18.5h.01M6.5 17h.01",
  health: "M3 12h4l2.5-6 4.5 12 2.5-6H21",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 7.5l4.5 4.5M12 13l3 3",
  out: "M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M9 8l-4 4 4 4M5 12h10",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.8h.01",
  back: "M15 5l-7 7 7 7",
  plus: "M12 5v14M5 12h14",
  bin: "M5 7h14M10 7V5h4v2M7 7l.8 12h8.4L17 7M10.5 11v5M13.5 11v5",
  undo: "M8 5 4 9l4 4M4 9h9a6 6 0 0 1 0 12h-3",
  redo: "m16 5 4 4-4 4M20 9h-9a6 6 0 0 0 0 12h3",
  save: "M5 13l4 4L19 7",
  zone: "M5 8l7-4 7 4-1.5 10.5h-11z",
  line: "M5 19 19 5M4 15l5 5M15 4l5 5",
  shelf: "M4 4v16M20 4v16M4 7h16M4 13h16M4 19h16",
  target: "M12 4v4M12 16v4M4 12h4M16 12h4M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.5 9h.01",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
  reload: "M19 12a7 7 0 1 1-2-4.9M19 4v4h-4",
  people:
    "M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11zM3 19.5c.4-3.5 2.8-5.5 6-5.5s5.600 2 6 5.500M16 5.200a3 3 0 0 1 0 5.600M18 14.600c1.800.8 2.800 2.500 3 4.900",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName, size = 20): SVGSVGElement {
  return s(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" },
    s("path", { d: PATHS[name] }),
  );
}

/** A ceiling camera and whom it sees. */
export function logo(): SVGSVGElement {
  return s(
    "svg",
    { class: "logo", viewBox: "0 0 32 32", width: 32, height: 32, "aria-hidden": "true" },
    s("rect", { width: 32, height: 32, rx: 8, class: "logo-back" }),
    s("path", { d: "M7 9h18M16 9v3", class: "logo-line" }),
    s("path", { d: "M16 12 8.500 24h15z", class: "logo-cone" }),
    s("circle", { cx: 16, cy: 13, r: 3, class: "logo-dot" }),
    s("circle", { cx: 12.6, cy: 23, r: 2, class: "logo-dot" }),
    s("circle", { cx: 19.6, cy: 21.5, r: 2, class: "logo-dot" }),
  );
}
