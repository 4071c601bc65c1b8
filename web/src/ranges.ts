import type { Key } from "./i18n";

export function startOfToday(): Date {
  const date = new Date();
  date.setHours(0, 0, 0, 0);
  return date;
}

export interface Range {
  from: Date;
  to: Date;
}

const HOUR_MS = 3600_000;

function days(n: number): Range {
  const from = startOfToday();
  from.setDate(from.getDate() - n + 1);
  return { from, to: new Date() };
}

/** Spans of time that one asks for, ending now unless they are over. */
export const RANGES = {
  last_hour: () => ({ from: new Date(Date.now() - HOUR_MS), to: new Date() }),
  today: () => days(1),
  yesterday: () => {
    const from = startOfToday();
    from.setDate(from.getDate() - 1);
    return { from, to: startOfToday() };
  },
  day: () => ({ from: new Date(Date.now() - 24 * HOUR_MS), to: new Date() }),
  week: () => days(7),
  month: () => days(30),
} satisfies Partial<Record<Key, () => Range>>;

export type RangeName = keyof typeof RANGES;
