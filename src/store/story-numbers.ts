import type { StoryId } from "../model/story.ts";
import { query, queryParts, type Sql } from "./sql.ts";

/** The numbers by which tables name these stories. */
export async function numbersOf(sql: Sql, ids: readonly StoryId[]): Promise<Map<StoryId, number>> {
  const rows = await queryParts<{ id: StoryId; n: number }>(sql, "select id, n from stories where id in @texts", ids);
  return new Map(rows.map((row) => [row.id, row.n]));
}

/** Numbers for new stories, each larger than any before it. */
export async function nextNumbers(sql: Sql, count: number): Promise<readonly number[]> {
  if (sql.kind === "postgres") {
    const text =
      "select nextval(pg_get_serial_sequence('stories', 'n')) as n from generate_series(1, ?::bigint) order by 1";
    return (await query<{ n: number }>(sql, text, [count])).map((row) => row.n);
  }
  const [row] = await query<{ n: number | null }>(sql, "select max(n) as n from stories");
  return Array.from({ length: count }, (_, index) => (row?.n ?? 0) + 1 + index);
}
