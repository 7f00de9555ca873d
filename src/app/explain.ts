import type { Configuration } from "../config/settings.ts";
import { showUrl } from "../fetch/failure.ts";
import type { Feed } from "../model/feed.ts";
import type { SourceMemory } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import { instantJson, storyJson } from "../model/story-json.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { clusterOf, shortHash } from "../normalize/identity.ts";
import { pollJson } from "../poll/status.ts";
import { compileSelector } from "../select/select.ts";
import type { Store, StoryHistory } from "../store/store.ts";
import { historyJson } from "./history.ts";

/** Visits told of a source that showed nothing of an address. */
const POLLS = 10;

type Json = Readonly<Record<string, unknown>>;

/** What is known of something that an operator names; all lists empty: nothing. */
export interface Explanation {
  readonly asked: string;
  readonly stories: readonly Json[];
  readonly deleted: readonly Json[];
  readonly sources: readonly Json[];
}

/**
 * Why a story is what it is: who said what and when, which rule kept or dropped it, which feeds show it and which do
 * not. By our id or URN, its address here, the publisher's address or guid. Of a source, by its id or address: how it is
 * read, what `kind: auto` decided, where its visits go, and what they said; the same of the sources of an address that
 * yielded no story.
 */
export async function explain(
  name: string,
  { configuration, store, now }: { readonly configuration: Configuration; readonly store: Store; readonly now: number },
): Promise<Explanation> {
  const found = await findStories(store, name);
  const stories = found.histories.map((history) => explainStory(configuration, history, now));
  const sources = await explainSources(configuration, store, { name, isStory: found.histories.length > 0 });
  return { asked: name, stories, deleted: found.deleted, sources };
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

function explainStory({ feeds, sources }: Configuration, history: StoryHistory, now: number): Json {
  const { story, held, retractedAt } = history;
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
    if (retractedAt !== undefined) return "withdrawn by the operator";
    if (story.withdrawnAt !== undefined) return "withdrawn by its source";
    if (!selector.drawsFrom(story.sourceId)) return "the feed does not draw from its source";
    if (!selector.matches(story)) return "the feed's patterns or languages leave it out";
    if (leavesAt !== undefined && leavesAt <= now) return "older than the feed's `since`";
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
        url: showUrl(new URL(source.url)),
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
    ...(memory?.feedUrl === undefined ? {} : { feedUrl: showUrl(new URL(memory.feedUrl)) }),
    ...(memory?.moved === undefined ? {} : { moved: { ...memory.moved, to: showUrl(new URL(memory.moved.to)) } }),
    ...(memory?.gone === true ? { gone: true } : {}),
  };
}

function hostOf(url: AbsoluteUrl): string {
  return new URL(url).hostname.replace(/^www\./, "");
}
