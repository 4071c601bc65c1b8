import type { Hour } from "./api";
import type { Range } from "./ranges";

export const HOUR_S = 3600;
export const DAY_S = 86400;

/** What was counted at one place in one hour or day. */
export interface Bucket {
  visits: number;
  reaches: number;
  dwell_mean_s: number | null;
  dwell_max_s: number | null;
  occupancy_mean: number | null;
  occupancy_max: number | null;
  crossed: Record<string, number>;
}

/** Starts of the hours, or of the local days, that touch a range; seconds since 1970. */
export function bucketTimes({ from, to }: Range, step_s: number): number[] {
  const begin = new Date(from);
  begin.setMinutes(0, 0, 0);
  if (step_s === DAY_S) begin.setHours(0);
  const times: number[] = [];
  while (begin < to) {
    times.push(begin.getTime() / 1000);
    // By the calendar: a day of a change of clocks has 23 or 25 hours.
    if (step_s === DAY_S) begin.setDate(begin.getDate() + 1);
    else begin.setTime(begin.getTime() + HOUR_S * 1000);
  }
  return times;
}

/** The hours of one place, laid into the buckets; null where nothing was counted. */
export function intoBuckets(hours: Hour[], times: number[]): (Bucket | null)[] {
  const gathered: Hour[][] = times.map(() => []);
  for (const hour of hours) {
    const time = new Date(hour.hour).getTime() / 1000;
    let i = times.length - 1;
    while (i >= 0 && times[i] > time) --i;
    if (i >= 0) gathered[i].push(hour);
  }
  return gathered.map((some) => (some.length === 0 ? null : together(some)));
}

export function together(hours: Hour[]): Bucket {
  const crossed: Record<string, number> = {};
  for (const hour of hours) {
    for (const [way, n] of Object.entries(hour.crossed)) crossed[way] = (crossed[way] ?? 0) + n;
  }
  const visits = sum(hours.map((hour) => hour.visits));
  const stays = hours.filter((hour) => hour.dwell_mean_s !== null);
  const weight = (hour: Hour) => Math.max(1, hour.visits);
  return {
    visits,
    reaches: sum(hours.map((hour) => hour.reaches)),
    dwell_mean_s: stays.length
      ? sum(stays.map((hour) => (hour.dwell_mean_s ?? 0) * weight(hour))) / sum(stays.map(weight))
      : null,
    dwell_max_s: most(hours.map((hour) => hour.dwell_max_s)),
    occupancy_mean: mean(hours.map((hour) => hour.occupancy_mean)),
    occupancy_max: most(hours.map((hour) => hour.occupancy_max)),
    crossed,
  };
}

function known(values: (number | null)[]): number[] {
  return values.filter((value): value is number => value !== null);
}
function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
function mean(values: (number | null)[]): number | null {
  const there = known(values);
  return there.length ? sum(there) / there.length : null;
}
function most(values: (number | null)[]): number | null {
  const there = known(values);
  return there.length ? Math.max(...there) : null;
}
