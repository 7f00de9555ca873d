import { describe, expect, it } from "vitest";
import { aFeed, aSource } from "../../tests/support/stories.ts";
import type { Rhythm } from "../model/source.ts";
import { createFeedTtl } from "./document.ts";

const MINUTE = 60_000;
const source = (id: string, rhythm: Rhythm) => aSource({ id, rhythm });
const quarterly = source("quarterly", { kind: "every", everyMs: 15 * MINUTE });
const adaptive = source("adaptive", { kind: "adaptive", minMs: 10 * MINUTE, maxMs: 600 * MINUTE });
const nightly = source("nightly", { kind: "cron", expression: "0 3 * * *" });

describe("how long a feed may be kept", () => {
  const ttlOf = createFeedTtl([quarterly, adaptive, nightly]);
  const drawing = (...sources: readonly { readonly id: string }[]) =>
    aFeed({ select: { ...aFeed().select, sources: sources.map(({ id }) => aSource({ id }).id) } });

  it("is as its sources are configured to be visited, by the shortest time between two visits", () => {
    expect(ttlOf(drawing(quarterly))).toBe(15 * MINUTE);
    expect(ttlOf(drawing(quarterly, adaptive, nightly))).toBe(10 * MINUTE);
    expect(ttlOf(aFeed())).toBe(10 * MINUTE);
  });

  it("is what its own file says, where that says something", () => {
    expect(ttlOf({ ...drawing(quarterly), ttlMs: 60 * MINUTE })).toBe(60 * MINUTE);
  });

  it("is not told where times of the day decide, or nothing is visited", () => {
    expect(ttlOf(drawing(nightly))).toBeUndefined();
    expect(createFeedTtl([])(aFeed())).toBeUndefined();
  });
});
