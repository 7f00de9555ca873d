import type { Text } from "./text-answer.ts";

/** Texts remembered at one time; the oldest makes room. */
const TEXTS_MAX = 200;

/** Remembers for a moment what was made, so that a crowd at one page costs one page. */
export interface TextMemory {
  /** The text under `key`, if it was made, or is being made, a moment ago; else what `make` answers. Failures are not kept. */
  recall(key: string, make: () => Promise<Text>): Promise<Text>;
}

/**
 * A memory that keeps texts for `ageMsMax` milliseconds from when they were asked for; `now` gives milliseconds of a
 * clock that never goes back.
 */
export function createTextMemory(ageMsMax: number, now: () => number): TextMemory {
  const memory = new Map<string, { readonly text: Promise<Text>; readonly at: number }>();

  return {
    recall(key, make) {
      const known = memory.get(key);
      if (known !== undefined && now() - known.at < ageMsMax) return known.text;
      const entry = { text: make(), at: now() };
      memory.delete(key);
      memory.set(key, entry);
      const [oldest] = memory.keys();
      if (memory.size > TEXTS_MAX && oldest !== undefined) memory.delete(oldest);
      entry.text.catch(() => memory.get(key) === entry && memory.delete(key));
      return entry.text;
    },
  };
}
