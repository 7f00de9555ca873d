import type { Element } from "@xmldom/xmldom";
import type { PreparedDocument } from "../prepared.ts";
import { prepend } from "../xml.ts";

const HOUR = 60;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Periods of the syndication module and their minutes, the shortest first. */
const PERIODS = [
  { period: "hourly", minutes: HOUR },
  { period: "daily", minutes: DAY },
  { period: "weekly", minutes: WEEK },
] as const;

/**
 * How often to ask, as sy:updatePeriod and sy:updateFrequency say it (RDF Site Summary 1.0 Modules: Syndication): the
 * shortest period that the interval divides, else the shortest that it fits into, rounded to the slower side.
 * @internal Tests use it by itself.
 */
export function updateRhythm(minutes: number): { readonly period: string; readonly frequency: number } {
  const fitting = PERIODS.filter((one) => minutes <= one.minutes);
  const chosen = fitting.find((one) => one.minutes % minutes === 0) ?? fitting[0];
  if (chosen === undefined) return { period: "monthly", frequency: 1 };
  return { period: chosen.period, frequency: Math.floor(chosen.minutes / minutes) };
}

/** RSS 2.0 `ttl` and the syndication module: how long a reader may keep the document. Before `place`, the first item. */
export function addRefreshHints(
  channel: Element,
  { ttlMinutes }: Pick<PreparedDocument, "ttlMinutes">,
  place: Element | undefined,
): void {
  if (ttlMinutes === undefined) return;
  const { period, frequency } = updateRhythm(ttlMinutes);
  prepend(channel, place, "ttl", String(ttlMinutes));
  prepend(channel, place, "sy:updatePeriod", period);
  prepend(channel, place, "sy:updateFrequency", String(frequency));
}
