import { styleText } from "node:util";

/** How a text stands out on a terminal. */
export type Paint = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Colours a text for standard output: on a terminal only, unless FORCE_COLOR says so; never where NO_COLOR says no. */
export function paint(as: Paint, text: string): string {
  return styleText(as, text, { stream: process.stdout });
}

/** Controls of the terminal, line ends, and marks that turn the direction of what follows. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** A text from outside as one line that does nothing to the terminal. */
export function plainText(text: string): string {
  return text.replace(CONTROLS, " ");
}

const NO_WIDTH = /\p{M}|\p{Cf}/u;
/** Scripts and pictures that take two columns (Unicode UAX #11, near enough for padding). */
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += NO_WIDTH.test(character) ? 0 : TWO_COLUMNS.test(character) ? 2 : 1;
  return width;
}

const BAR_WIDTH = 30;
const REFRESH_MS = 100;

export interface Progress extends Disposable {
  at(done: number): void;
}

/**
 * Shows how far long work is, on a terminal only: `█████░░░░ 40/100 stories  12.3/s`. Without a total, or beyond one that
 * was estimated, only the count; the line goes when the work is done.
 */
export function createProgress(what: string, total?: number, isWanted = true): Progress {
  const stream = process.stderr;
  if (!stream.isTTY || !isWanted) return { at: () => {}, [Symbol.dispose]: () => {} };
  const startedAt = performance.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    at(done) {
      const now = performance.now();
      if (now - shownAt < REFRESH_MS) return;
      shownAt = now;
      const rate = done / Math.max((now - startedAt) / 1000, 0.001);
      stream.write(`\r\u001B[K${barOf(done, total)} ${what}  ${rate.toFixed(1)}/s`);
    },
    [Symbol.dispose]: () => void stream.write("\r\u001B[K"),
  };
}

/** A line on a terminal while something happens that tells nothing on its way. */
export function showLine(text: string): Disposable {
  const { isTTY } = process.stderr;
  if (isTTY) process.stderr.write(text);
  return { [Symbol.dispose]: () => void (isTTY && process.stderr.write("\r\u001B[K")) };
}

function barOf(done: number, total = 0): string {
  if (done > total) return String(done);
  const filled = Math.round((done / total) * BAR_WIDTH);
  return `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${done}/${total}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `1.2 GB`, as disks are sold: powers of a thousand. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

const SPANS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** `in 4 min`, `2 h ago`: the distance of an instant, to its largest unit. */
export function formatDistance(at: number, now: number): string {
  const apart = Math.abs(at - now);
  const [unitMs, unit] = SPANS.find(([ms]) => apart >= ms) ?? [1000, "s"];
  const span = `${Math.floor(apart / unitMs)} ${unit}`;
  return at > now ? `in ${span}` : `${span} ago`;
}
