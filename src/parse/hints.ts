import type { PollingHints } from "../model/parsed.ts";
import type { FieldList } from "./fields.ts";

const MINUTE_MS = 60_000;
const PERIODS_MS: Readonly<Record<string, number>> = {
  hourly: 3_600_000,
  daily: 86_400_000,
  weekly: 604_800_000,
  monthly: 2_592_000_000,
  yearly: 31_536_000_000,
};
const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** RSS 2.0 `<ttl>` (minutes), `<skipHours>`, `<skipDays>`; `sy:updatePeriod` and `sy:updateFrequency` (RSS 1.0 modules). */
export function readHints(feed: FieldList): PollingHints {
  const intervalMs = readInterval(feed);
  const skipHours = listChildren(feed, "skiphours")
    .map(parseHour)
    .filter((hour) => hour !== null);
  const skipDays = listChildren(feed, "skipdays")
    .map((day) => DAYS.indexOf(day.toLowerCase()))
    .filter((day) => day !== -1);
  return {
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(skipHours.length === 0 ? {} : { skipHours: [...new Set(skipHours)] }),
    ...(skipDays.length === 0 ? {} : { skipDays: [...new Set(skipDays)] }),
  };
}

function readInterval(feed: FieldList): number | undefined {
  const ttl = Number(feed.text("ttl"));
  if (ttl > 0 && Number.isFinite(ttl)) return Math.round(ttl * MINUTE_MS);
  const written = feed.text("sy:updateperiod")?.toLowerCase();
  const frequency = Number(feed.text("sy:updatefrequency") ?? 1);
  const period = PERIODS_MS[written ?? (feed.text("sy:updatefrequency") === undefined ? "" : "daily")];
  if (period === undefined) return undefined;
  return frequency > 0 && Number.isFinite(frequency) ? Math.max(1, Math.round(period / frequency)) : period;
}

function listChildren(feed: FieldList, name: string): readonly string[] {
  return feed.all(name).flatMap((list) => list.elements.map((child) => child.text.trim()));
}

/** Hours count from 0 to 23; some publishers write 24 for midnight. */
function parseHour(text: string): number | null {
  return /^\d{1,2}$/.test(text) && Number(text) <= 24 ? Number(text) % 24 : null;
}
