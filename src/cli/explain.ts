import { historyJson } from "../app/wire.ts";
import type { Configuration } from "../config/settings.ts";
import { StoreError } from "../errors.ts";
import type { Feed } from "../model/feed.ts";
import type { SourceMemory } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import { instantJson, storyJson } from "../model/story-json.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { clusterOf, shortHash } from "../normalize/identity.ts";
import { pollJson } from "../poll/status.ts";
import { compileSelector } from "../select/select.ts";
import { openStore } from "../store/sql-store.ts";
import type { Store, StoryHistory } from "../store/store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { formatTable } from "./table.ts";

/** Visits told of a source that showed nothing of an address. */
const POLLS = 10;

type Json = Readonly<Record<string, unknown>>;

/**
 * Why a story is what it is: who said what and when, which rule kept or dropped it, which feeds show it and which do
 * not. By our id or URN, its address here, the publisher's address or guid. Of a source, by its id or address: how it is
 * read, what `kind: auto` decided, where its visits go, and what they said; the same of the sources of an address that
 * yielded no story. 1 where nothing is known.
 */
export async function explain(name: string, options: GlobalOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  await using store = openStore(configuration.settings.database, { readOnly: true });
  const found = await findStories(store, name);
  const stories = await Promise.all(found.histories.map((history) => explainStory(configuration, history)));
  const sources = await explainSources(configuration, store, { name, isStory: found.histories.length > 0 });
  const answer = { asked: name, stories, deleted: found.deleted, sources };
  if (options.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else print(answer);
  return stories.length + found.deleted.length > 0 || sources.some(({ isNamed }) => isNamed) ? 0 : 1;
}

interface Found {
  readonly histories: readonly StoryHistory[];
  readonly deleted: readonly Json[];
}

async function findStories(store: Store, name: string): Promise<Found> {
  const ours = /^(?:urn:storywire:|.*\/stories\/)?([a-z2-7]{26})(?:\.json)?$/.exec(name)?.[1];
  const byId = ours === undefined ? null : await store.storyHistory(ours);
  if (byId !== null) return { histories: [byId], deleted: [] };
  const url = resolveWebUrl(name);
  const keys = [
    ...(url === null ? [] : [clusterOf({ url })]),
    // A guid may well look like an address.
    shortHash(`guid\n${name.trim()}`),
  ].filter((key) => key !== null);
  const histories = new Map<string, StoryHistory>();
  const deleted: Json[] = [];
  for (const key of keys) {
    for (const { story, deletedAt } of await store.storiesByKey(key)) {
      const history = deletedAt === undefined ? await store.storyHistory(story.id) : null;
      if (history !== null) histories.set(story.id, history);
      else if (deletedAt !== undefined)
        deleted.push({
          id: story.id,
          source: story.sourceId,
          deletedAt: instantJson(deletedAt),
          rule: "deleted by the operator or by retention: never imported again",
        });
    }
  }
  return { histories: [...histories.values()], deleted };
}

// --- a story

async function explainStory({ feeds, sources }: Configuration, history: StoryHistory): Promise<Json> {
  const { story, held } = history;
  const shown = new Set<string>(history.feeds);
  return {
    ...storyJson(story),
    ...historyJson(history),
    ...(held === undefined
      ? {}
      : { held: { ...held, rule: "a change that looks like a stale or cut copy waits until three visits showed it" } }),
    feeds: feeds.map((feed) => {
      const isShown = shown.has(feed.slug);
      return { slug: feed.slug, shown: isShown, rule: isShown ? "its selection takes it" : whyNot(feed) };
    }),
  };

  function whyNot(feed: Feed): string {
    const selector = compileSelector(feed, sources);
    const leavesAt = selector.leavesAt(story);
    if (story.withdrawnAt !== undefined) return "withdrawn by its source";
    if (!selector.drawsFrom(story.sourceId)) return "the feed does not draw from its source";
    if (!selector.matches(story)) return "the feed's patterns or languages leave it out";
    if (leavesAt !== undefined && leavesAt <= Date.now()) return "older than the feed's `since`";
    if (feed.duplicates === "first") return "another source told it first (`duplicates: first`)";
    return "not decided yet: the next start of the poller brings the feed up to date";
  }
}

// --- a source, or an address without a story

/** The source that is named itself; else, where there is no story either, those of its host. */
async function explainSources(
  { sources }: Configuration,
  store: Store,
  { name, isStory }: { readonly name: string; readonly isStory: boolean },
): Promise<readonly Json[]> {
  const url = resolveWebUrl(name);
  const isNamed = (source: Source) => source.id === name || source.url === name || source.url === url;
  const isNear = (source: Source) => !isStory && url !== null && hostOf(source.url) === hostOf(url);
  const told = sources.filter((source) => isNamed(source) || isNear(source));
  if (told.length === 0) return [];
  const states = new Map((await store.sourceStates(told.map(({ id }) => id))).map((state) => [state.id, state]));
  return Promise.all(
    told.map(async (source) => {
      const polls = await store.listPolls(source.id, POLLS);
      return {
        id: source.id,
        url: source.url,
        isNamed: isNamed(source),
        ...(source.paused ? { paused: true } : {}),
        ...explainReading(source, states.get(source.id)?.memory),
        polls: polls.map(pollJson),
        rule: ruleOf(polls.length, isNamed(source)),
      };
    }),
  );
}

function ruleOf(visits: number, isNamed: boolean): string {
  if (visits === 0) return "never visited";
  return isNamed ? "visited" : "visited, and the document did not tell this address";
}

/** As what its document is read, who said so, and what was learnt about where to go. */
function explainReading(source: Source, memory: SourceMemory | undefined): Json {
  const kind = source.kind === "auto" ? memory?.kind : source.kind;
  return {
    ...(kind === undefined ? {} : { kind }),
    kindOrigin: source.kind === "auto" ? "`kind: auto` goes by its document" : "set by the configuration",
    ...(memory?.feedUrl === undefined ? {} : { feedUrl: memory.feedUrl }),
    ...(memory?.moved === undefined ? {} : { moved: memory.moved }),
    ...(memory?.gone === true ? { gone: true } : {}),
  };
}

function hostOf(url: AbsoluteUrl): string {
  return new URL(url).hostname.replace(/^www\./, "");
}

// --- for people

interface Answer {
  readonly asked: string;
  readonly stories: readonly Json[];
  readonly deleted: readonly Json[];
  readonly sources: readonly Json[];
}

function print({ asked, stories, deleted, sources }: Answer): void {
  const line = (text: string) => process.stdout.write(`${text}\n`);
  for (const story of stories) {
    line(`${story.id}  ${story.title}`);
    for (const [name, value] of Object.entries(story))
      if (value !== undefined && !LONG.has(name) && typeof value !== "object") line(`  ${name}: ${value}`);
    printRows(
      "dates",
      Object.entries(asRecord(story.dates)).map(([field, value]) => ({ field, ...asRecord(value) })),
    );
    printRows(
      "origins",
      Object.entries(asRecord(story.origins)).map(([field, origin]) => ({ field, origin })),
    );
    for (const name of ["keys", "revisions", "sightings", "feeds"]) printRows(name, asRows(story[name]));
  }
  printRows("deleted", deleted);
  for (const { polls, ...source } of sources) {
    line(`source ${source.id} (${source.url}): ${source.rule}`);
    line(`  read as: ${source.kind ?? "not known yet"}, ${source.kindOrigin}`);
    if (source.feedUrl !== undefined) line(`  visits go to the feed that its page names: ${source.feedUrl}`);
    if (source.moved !== undefined)
      line(`  permanent redirect to ${asRecord(source.moved).to}, seen ${asRecord(source.moved).times} times`);
    if (source.gone === true) line("  gone for good (410): visited no more until you poll it by name");
    printRows(
      "visits",
      asRows(polls).map(({ at, outcome, code, httpStatus, stories: seen, message, faults }) => ({
        at,
        outcome,
        code,
        httpStatus,
        seen: asRecord(seen).seen,
        message,
        faults: asRows(faults)
          .map((fault) => fault.code)
          .join(" "),
      })),
    );
  }
  if (stories.length + deleted.length + sources.length === 0) {
    throw new StoreError(`Nothing is known of ${asked}: no story, and no source of its host`, {
      code: "unknown_story",
    });
  }
}

const LONG = new Set(["id", "title", "contentHtml", "summary", "summaryHtml", "description"]);

function printRows(name: string, rows: readonly Json[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])));
  process.stdout.write(`  ${name}:\n${formatTable(columns, cells).replace(/^/gm, "    ")}\n`);
}

function cellOf(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// Our own JSON, read back by name: the casts only say that a part of it is an object or a list of objects.
const asRecord = (value: unknown) => (value ?? {}) as Json;
const asRows = (value: unknown) => (value ?? []) as readonly Json[];
