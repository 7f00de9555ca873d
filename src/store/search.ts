import { newestFirst, type Story } from "../model/story.ts";
import { STORY_COLUMNS, type StoryRow, storyOf } from "./rows.ts";
import { chunks, LIST_MAX, query, type Sql } from "./sql.ts";

/** How much of a story's text is searched beside its title, in characters. */
const OPENING = 300;

/** Words of a query at most, and characters of one word. */
const WORDS_MAX = 16;
const WORD_MAX = 64;
const QUERY_MAX = 1_000;

function openingOf(story: Story): string {
  const text = story.summary ?? story.contentHtml?.slice(0, OPENING * 4).replace(/<[^<>]*>?/g, " ") ?? "";
  return text.slice(0, OPENING);
}

/** Words as both databases search them: lower case, without accents, each at most 64 characters. */
function searchWords(text: string): readonly string[] {
  const words = text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.flatMap((word) => (word === "" ? [] : [word.slice(0, WORD_MAX).toWellFormed()]));
}

/** Makes new or changed stories findable by title and opening; those of `changed` were indexed before. */
export async function indexStories(
  sql: Sql,
  entries: readonly { readonly n: number; readonly story: Story }[],
): Promise<void> {
  if (entries.length === 0) return;
  const words = entries.map(({ story }) => searchWords(`${story.title} ${openingOf(story)}`).join(" "));
  if (sql.prepare !== undefined) {
    const statement = sql.prepare("insert into story_search (rowid, words) values (?, ?)");
    for (const [index, { n }] of entries.entries()) statement.run([n, words[index]]);
    return;
  }
  const text = `insert into story_search (n, document)
    select told.n, array_to_tsvector(array_remove(string_to_array(told.words, ' '), ''))
    from unnest($1::bigint[], $2::text[]) as told (n, words)`;
  await sql.run(text, [entries.map(({ n }) => n), words]);
}

export async function unindexStories(sql: Sql, numbers: readonly number[]): Promise<void> {
  const key = sql.kind === "sqlite" ? "rowid" : "n";
  for (const part of chunks(numbers, LIST_MAX))
    await query(sql, `delete from story_search where ${key} in @numbers`, [part]);
}

/** The newest stories that hold all words of the query, newest first. */
export async function searchStories(sql: Sql, text: string, limit: number): Promise<readonly Story[]> {
  const words = [...new Set(searchWords(text.slice(0, QUERY_MAX)))].slice(0, WORDS_MAX);
  if (words.length === 0) return [];
  const numbers = sql.kind === "sqlite" ? await findSqlite(sql, words, limit) : await findPostgres(sql, words, limit);
  const rows = await query<StoryRow>(
    sql,
    `select ${STORY_COLUMNS} from stories where n in @numbers and deleted_at is null and withdrawn_at is null`,
    [numbers],
  );
  return rows.map(storyOf).sort(newestFirst);
}

async function findSqlite(sql: Sql, words: readonly string[], limit: number): Promise<readonly number[]> {
  const match = words.map((word) => `"${word}"`).join(" ");
  const text = "select rowid as n from story_search where story_search match ? order by rowid desc limit ?";
  return (await query<{ n: number }>(sql, text, [match, limit])).map((row) => row.n);
}

/** Stories looked through from the newest before the index is asked: at first, and where a word is half common. */
const RECENT = 4_000;
const RECENT_MAX = 24_000;

/**
 * A word that is common among recent stories is found by walking them; any other through its index, whose matches are
 * few. One statement for both would have the planner choose, and it walks the whole table for a rare word.
 */
async function findPostgres(sql: Sql, words: readonly string[], limit: number): Promise<readonly number[]> {
  const match = words.map((word) => `'${word}'`).join(" & ");
  let found = await walkPostgres(sql, match, { limit, rows: RECENT });
  const rows = Math.ceil((RECENT * limit * 1.5) / Math.max(found.length, 1));
  if (found.length < limit && rows <= RECENT_MAX) found = await walkPostgres(sql, match, { limit, rows });
  if (found.length >= limit) return found;
  const text = `with found as materialized (select n from story_search where document @@ ?::tsquery)
    select n from found order by n desc limit ?`;
  return (await query<{ n: number }>(sql, text, [match, limit])).map((row) => row.n);
}

async function walkPostgres(
  sql: Sql,
  match: string,
  { limit, rows }: { readonly limit: number; readonly rows: number },
): Promise<readonly number[]> {
  const text = `with recent as materialized (select n, document from story_search order by n desc limit ?)
    select n from recent where document @@ ?::tsquery order by n desc limit ?`;
  return (await query<{ n: number }>(sql, text, [rows, match, limit])).map((row) => row.n);
}
