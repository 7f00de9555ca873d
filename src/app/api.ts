import type { Configuration } from "../config/settings.ts";
import { RequestError } from "../errors.ts";
import type { Feed } from "../model/feed.ts";
import type { Source, SourceId } from "../model/source.ts";
import { newestFirst } from "../model/story.ts";
import { instantJson, storyJson } from "../model/story-json.ts";
import { pollJson, sourceStatus } from "../poll/status.ts";
import { compileSelector } from "../select/select.ts";
import type { Api } from "../serve/api/operations.ts";
import type { Store } from "../store/store.ts";
import { explain } from "./explain.ts";
import { historyJson } from "./history.ts";
import type { OperatorQuestion } from "./operate.ts";
import { readOverview } from "./overview.ts";
import { siteOf } from "./parts.ts";
import type { Question } from "./questions.ts";

export interface ApiParts {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly token: string;
  readonly now: () => number;
  /** Newest change of a feed, milliseconds since 1970 UTC; undefined while it holds no story. */
  readonly changedAt: (feed: Feed) => number | undefined;
  /** Absent where no poller runs beside this process. */
  readonly ask?: (question: Question) => Promise<unknown>;
}

/** What of the answer to `configuration` is of use here. */
interface FilesState {
  readonly state: string;
  readonly pending?: { readonly sources: readonly string[] };
}

/** The API over the store; what writes is handed to the process that writes. */
export function createApi(parts: ApiParts): Api {
  const { configuration, store, token, ask } = parts;
  const { sources, feeds } = configuration;
  const sourcesById = new Map<string, Source>(sources.map((source) => [source.id, source]));
  const feedsBySlug = new Map<string, Feed>(feeds.map((feed) => [feed.slug, feed]));

  async function askWriter<T = unknown>(question: Question): Promise<T> {
    if (ask === undefined)
      throw new RequestError("No poller runs beside this process", { code: "poller_down", status: 503 });
    // The cast holds: the process that answers is of this program, and answers each question in its own way.
    return (await ask(question)) as T;
  }

  /** What of the files waits; nothing is known where nobody beside this process holds them. */
  async function askFiles(): Promise<{ readonly state?: string; readonly pending: ReadonlySet<string> }> {
    try {
      const { state, pending } = await askWriter<FilesState>({ ask: "configuration" });
      return { state, pending: new Set(pending?.sources) };
    } catch {
      return { pending: new Set() };
    }
  }

  async function statusOf(source: Source): Promise<object> {
    const [state] = await store.sourceStates([source.id]);
    return sourceStatus(source, state, (await askFiles()).pending.has(source.id));
  }

  async function ofSource<T>(id: string, work: (source: Source) => Promise<T>): Promise<T | null> {
    const source = sourcesById.get(id);
    return source === undefined ? null : work(source);
  }

  async function findStory(id: string): Promise<object | null> {
    const history = await store.storyHistory(id);
    return history === null ? null : { ...storyJson(history.story), ...historyJson(history) };
  }

  /** Asks for a change of a story and answers what it is then. */
  async function changeStory(question: OperatorQuestion & { readonly story: string }): Promise<object | null> {
    return (await askWriter(question)) === true ? findStory(question.story) : null;
  }

  async function changeSource(ask: "pause" | "resume", id: string): Promise<object | null> {
    return ofSource(id, async (source) => {
      await askWriter({ ask, source: id });
      return statusOf(source);
    });
  }

  async function feedJson(feed: Feed): Promise<object> {
    const site = siteOf(configuration);
    const changedAt = parts.changedAt(feed);
    const entries = await store.countEntries(feed.slug, feed.limit);
    const address = `${site.baseUrl.replace(/\/$/, "")}/feeds/${feed.slug}`;
    return {
      slug: feed.slug,
      title: feed.title,
      description: feed.description ?? `${feed.title}, from ${site.title}`,
      language: feed.language ?? site.language,
      access: feed.access,
      ...(changedAt === undefined || entries === 0 ? {} : { updatedAt: instantJson(changedAt) }),
      entries,
      sources: [...compileSelector(feed, sources).sourceIds],
      formerly: feed.formerly,
      urls: Object.fromEntries(["rss", "atom", "json", "html"].map((suffix) => [suffix, `${address}.${suffix}`])),
    };
  }

  return {
    token,
    async overview() {
      const { state, pending } = await askFiles();
      const { overview } = await readOverview(configuration, store, { isPending: (id) => pending.has(id) });
      return { ...overview, ...(state === undefined ? {} : { configuration: state }) };
    },
    async listSources() {
      const states = new Map((await store.sourceStates()).map((state) => [state.id, state]));
      const { pending } = await askFiles();
      const added = [...pending].filter((id) => !sourcesById.has(id));
      return [
        ...sources.map((source) => sourceStatus(source, states.get(source.id), pending.has(source.id))),
        // Sources of the files that wait are not visited yet.
        ...added.map((id) => ({ id, state: "pending", failures: 0 })),
      ];
    },
    findSource: (id) => ofSource(id, statusOf),
    listPolls: (id, limit) => ofSource(id, async (source) => (await store.listPolls(source.id, limit)).map(pollJson)),
    pollSource: (id) => ofSource(id, () => askWriter<object>({ ask: "poll", source: id })),
    pauseSource: (id) => changeSource("pause", id),
    resumeSource: (id) => changeSource("resume", id),
    forgetSource: (id) => askWriter<object | null>({ ask: "forget", source: id }),

    listFeeds: () => Promise.all(feeds.map(feedJson)),
    async findFeed(slug) {
      const feed = feedsBySlug.get(slug);
      return feed === undefined ? null : feedJson(feed);
    },

    async listStories({ query, source, feed, limit }) {
      if (source !== undefined && !sourcesById.has(source)) throw unknownThing("source", source);
      const shownIn = feed === undefined ? undefined : feedsBySlug.get(feed);
      if (feed !== undefined && shownIn === undefined) throw unknownThing("feed", feed);
      return (await findStories({ query, source, feed: shownIn, limit })).map(storyJson);
    },
    findStory,
    async explain(of) {
      const told = await explain(of, { configuration, store, now: parts.now() });
      if (told.stories.length + told.deleted.length + told.sources.length === 0) throw unknownThing("story", of);
      return told;
    },
    correctStory: (story, patch) => changeStory({ ask: "correct", story, patch }),
    withdrawStory: (story) => changeStory({ ask: "withdraw", story }),
    restoreStory: (story) => changeStory({ ask: "restore", story }),
    deleteStory: async (story) => ((await askWriter({ ask: "delete", story })) === true ? { deleted: true } : null),

    configuration: () => askWriter({ ask: "configuration" }),
    reloadConfiguration: () => askWriter({ ask: "reload" }),
    planConfiguration: () => askWriter({ ask: "plan" }),
    applyConfiguration: (yes) => askWriter({ ask: "apply", yes }),
  };

  /** Words are looked for among the newest matches of all; source and feed narrow them down. */
  async function findStories(selection: {
    readonly query: string | undefined;
    readonly source: string | undefined;
    readonly feed: Feed | undefined;
    readonly limit: number;
  }) {
    const { query, source, feed, limit } = selection;
    if (query === undefined && feed === undefined)
      return source === undefined ? newestOfAll(limit) : store.newestOfSource(source as SourceId, limit);
    const shown = feed === undefined ? undefined : await store.newestEntries(feed.slug, feed.limit);
    const found = query === undefined ? (shown ?? []) : await store.search(query, SEARCHED);
    const inFeed = query === undefined ? undefined : shown && new Set(shown.map(({ id }) => id));
    return found
      .filter((story) => source === undefined || story.sourceId === source)
      .filter((story) => inFeed === undefined || inFeed.has(story.id))
      .slice(0, limit);
  }

  async function newestOfAll(limit: number) {
    return (await store.newestStories(limit)).filter((story) => story.withdrawnAt === undefined).sort(newestFirst);
  }
}

/** Matches of a search that source and feed are looked for in. */
const SEARCHED = 200;

function unknownThing(what: "source" | "feed" | "story", name: string): RequestError {
  return new RequestError(`There is no ${what} ${name.slice(0, 100)}`, { code: `unknown_${what}`, status: 404 });
}
