export type Theme = "auto" | "light" | "dark";

const STORE = "tenjo.theme";
const ORDER: Theme[] = ["auto", "light", "dark"];
const listeners = new Set<() => void>();

function apply(): void {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
}

export function currentTheme(): Theme {
  const stored = localStorage.getItem(STORE) as Theme | null;
  return stored && ORDER.includes(stored) ? stored : "auto";
}

export function startTheme(): void {
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
}

export function nextTheme(): void {
  const next = ORDER[(ORDER.indexOf(currentTheme()) + 1) % ORDER.length];
  localStorage.setItem(STORE, next);
  tell();
}

function tell(): void {
  apply();
  for (const listener of listeners) listener();
}

/** For what is painted on a canvas. Returns what ends the listening. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function color(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}

export function isDark(): boolean {
  const theme = currentTheme();
  return (
    theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches)
  );
}

/** Each person keeps one colour; neighbours in number are far apart in hue. */
export function trackColor(id: number, alpha = 1, bright = isDark()): string {
  const hue = (id * 137.508 + 160) % 360;
  return bright ? `hsl(${hue} 78% 66% / ${alpha})` : `hsl(${hue} 70% 40% / ${alpha})`;
}
