import { describe, expect, it } from "vitest";
import { seeded, soakKill } from "./kill.ts";
import { soakTerm } from "./term.ts";

/** The full lengths run by `npm run soak:kill` and `npm run soak:term`. */
const ROUNDS = 3;

describe("a service that ends at any moment", () => {
  it.each(["sqlite", "postgres"] as const)(
    "loses, doubles, renames and moves nothing when it is killed (%s)",
    async (database) => {
      const result = await soakKill({ rounds: ROUNDS, database, random: seeded(7) });
      expect(result.broken).toEqual([]);
      expect(result.published).toBe(result.told);
      expect(result.told).toBeGreaterThan(0);
    },
    180_000,
  );

  it("answers what was asked and exits with 0 when it is told to end", async () => {
    const result = await soakTerm({ rounds: ROUNDS, random: seeded(11) });
    expect(result.broken).toEqual([]);
    expect(result.answered).toBeGreaterThan(0);
  }, 120_000);
});
