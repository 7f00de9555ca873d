/**
 * Adapter of the corpus of date strings: JSON lines `{id, text, lang, now}` in, `{id, date}` out, where `date` is a day,
 * or a moment where the text tells the time.
 */
import { createInterface } from "node:readline";
import type { DateInterval } from "../../src/model/date.ts";
import { findDate } from "../../src/model/date-words.ts";

const DAY_MS = 86_400_000;

function printDate(found: DateInterval | null): string | null {
  if (found === null) return null;
  const middle = new Date(((found.from ?? found.to) + found.to) / 2).toISOString();
  const timed = found.precision === "exact" || (found.from !== undefined && found.to - found.from < DAY_MS - 1);
  return timed ? middle : middle.slice(0, 10);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, text, lang, now } = JSON.parse(line) as { id: number; text: string; lang: string; now: string };
  const context = { timeZone: "UTC", languages: [lang], capturedAt: Date.parse(now), origin: "listing" };
  process.stdout.write(`${JSON.stringify({ id, date: printDate(findDate(text, context)) })}\n`);
}
