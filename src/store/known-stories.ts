import type { IdentityKey } from "../model/candidate.ts";
import type { SourceId } from "../model/source.ts";
import type { StoryId } from "../model/story.ts";
import { KNOWN_COLUMNS, type KnownRow, knownOf } from "./rows.ts";
import { chunks, LIST_MAX, query, queryParts, type Sql } from "./sql.ts";
import type { KnownStory } from "./store.ts";

/** Stories in the source's list, and those that the other keys name; ordered by id. */
export async function storiesForPoll(
  sql: Sql,
  sourceId: SourceId,
  keys: readonly IdentityKey[],
): Promise<readonly KnownStory[]> {
  const text = `select ${KNOWN_COLUMNS} from stories where source_id = ? and present = 1`;
  const rows = [...(await query<KnownRow>(sql, text, [sourceId]))];
  const known = rows.map(knownOf);
  const owned = new Set(known.flatMap((story) => story.keys.map(({ key }) => key)));
  const others = [...new Set(keys.map(({ key }) => key))].filter((key) => !owned.has(key));
  const numbers = await numbersOfKeys(sql, sourceId, others);
  const elsewhere = await queryParts<KnownRow>(
    sql,
    `select ${KNOWN_COLUMNS} from stories where n in @numbers and present = 0`,
    numbers,
  );
  return [...known, ...elsewhere.map(knownOf)].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function numbersOfKeys(sql: Sql, sourceId: SourceId, keys: readonly string[]): Promise<readonly number[]> {
  const found = new Set<number>();
  for (const part of chunks(keys, LIST_MAX)) {
    const text = "select n from story_keys where source_id = ? and key in @texts";
    for (const row of await query<{ n: number }>(sql, text, [sourceId, part])) found.add(row.n);
  }
  return [...found];
}

export async function rawDigests(sql: Sql, sourceId: SourceId): Promise<ReadonlySet<string>> {
  const text = `select raw_digest from stories
    where source_id = ? and present = 1 and held is null and (withdrawn_at is null or retracted_at is not null)`;
  const rows = await query<{ raw_digest: string }>(sql, text, [sourceId]);
  return new Set(rows.map((row) => row.raw_digest));
}

export async function digestsBefore(
  sql: Sql,
  ids: readonly StoryId[],
): Promise<ReadonlyMap<StoryId, readonly string[]>> {
  const text = `select stories.id, revisions.digest from stories join revisions on revisions.n = stories.n
    where stories.id in @texts order by stories.id, revisions.revision desc`;
  const rows = await queryParts<{ id: string; digest: string }>(sql, text, ids);
  const groups = Map.groupBy(rows, (row) => row.id as StoryId);
  return new Map([...groups].map(([id, group]) => [id, group.map((row) => row.digest)]));
}
