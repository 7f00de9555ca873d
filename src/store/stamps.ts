import { newestFirst, type Story } from "../model/story.ts";
import { query, type Sql } from "./sql.ts";

const SECOND = 1_000;

/**
 * A distinct instant for each story (RFC 4287 §4.2.15 as feed validators read it): what it asks for where nothing is
 * taken from there to the end of that second, else the one after the last taken; a full second is left for the next.
 * Of the stories of one poll that ask for the same instant, the one that stands first in a feed gets the latest. Each
 * list is one poll: polls stored together get what they would get one after the other.
 */
export async function distinctStamps(
  sql: Sql,
  polls: readonly (readonly Story[])[],
): Promise<ReadonlyMap<Story, number>> {
  const stamps = new Map<Story, number>();
  const stored = await lastTaken(
    sql,
    polls.flatMap((stories) => stories.map((story) => story.stampAt)),
  );
  /** Last instant given here, by the end of its second. */
  const given = new Map<number, number>();

  async function take(asked: number): Promise<number> {
    for (let base = asked; ; ) {
      const end = endOfSecond(base);
      if (!stored.has(base)) stored.set(base, (await lastTaken(sql, [base])).get(base) ?? null);
      const last = Math.max(stored.get(base) ?? -Infinity, given.get(end) ?? -Infinity);
      const stamp = last >= base ? last + 1 : base;
      if (stamp < end) {
        given.set(end, stamp);
        return stamp;
      }
      base = end;
    }
  }

  for (const stories of polls) {
    const groups = Map.groupBy(stories, (story) => story.stampAt);
    for (const [base, group] of [...groups].sort(([a], [b]) => a - b)) {
      for (const story of group.sort(newestFirst).reverse()) stamps.set(story, await take(base));
    }
  }
  return stamps;
}

function endOfSecond(at: number): number {
  return (Math.floor(at / SECOND) + 1) * SECOND;
}

/** By base: the last instant taken from there to the end of its second. */
async function lastTaken(sql: Sql, bases: readonly number[]): Promise<Map<number, number | null>> {
  if (bases.length === 0) return new Map();
  const end = `told.value + ${SECOND} - ((told.value % ${SECOND}) + ${SECOND}) % ${SECOND}`;
  const text = `select told.value as base,
      (select max(stamp_at) from stories where stamp_at >= told.value and stamp_at < ${end}) as last
    from @each`;
  const rows = await query<{ base: number; last: number | null }>(sql, text, [[...new Set(bases)]]);
  return new Map(rows.map((row) => [row.base, row.last]));
}
