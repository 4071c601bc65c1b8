import { en, type Words } from "./words_en";
import { ja } from "./words_ja";

export type Language = "en" | "ja";
export type Key = keyof Words;

const STORE = "tenjo.language";

function first(): Language {
  const chosen = localStorage.getItem(STORE);
  if (chosen === "en" || chosen === "ja") return chosen;
  return navigator.language.startsWith("ja") ? "ja" : "en";
}

let language: Language = first();

export function currentLanguage(): Language {
  return language;
}

export function setLanguage(next: Language): void {
  language = next;
  localStorage.setItem(STORE, next);
  document.documentElement.lang = next;
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  const forms = (language === "ja" ? ja : en)[key].split("|");
  const text = forms.length > 1 && values.n !== 1 ? forms[1] : forms[0];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : (value ?? "");
  });
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(language, {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  }).format(value);
}

/** 42 s, 3 min 5 s, 2 h 10 min, 3 d 4 h. */
export function duration(seconds: number): string {
  const units: [string, string, number][] = [
    ["d", "日", 86400],
    ["h", "時間", 3600],
    ["min", "分", 60],
    ["s", "秒", 1],
  ];
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 10 && seconds > 0 && seconds !== whole) {
    const exact = number(seconds, 1);
    return language === "ja" ? `${exact}秒` : `${exact} s`;
  }
  const at = Math.max(
    0,
    units.findIndex(([, , size]) => whole >= size),
  );
  const from = whole === 0 ? units.length - 1 : at;
  let left = whole;
  const parts: string[] = [];
  for (const [english, japanese, size] of units.slice(from, from + 2)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 || parts.length === 0) {
      parts.push(language === "ja" ? `${count}${japanese}` : `${count} ${english}`);
    }
  }
  return parts.join(language === "ja" ? "" : " ");
}

export function clock(date: Date): string {
  return date.toLocaleTimeString(language, {
    hourCycle: "h23",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

export function moment(date: Date): string {
  const sameDay = new Date().toDateString() === date.toDateString();
  const day = date.toLocaleDateString(language, {
    month: "short",
    day: "numeric",
    weekday: "short",
  });
  return sameDay ? clock(date) : `${day} ${clock(date)}`;
}
