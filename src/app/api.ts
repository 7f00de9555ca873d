import type { Configuration } from "../config/settings.ts";
import { RequestError } from "../errors.ts";
import type { SourceId } from "../model/source.ts";
import { storyJson } from "../model/story-json.ts";
import { pollJson, sourceStatus } from "../poll/status.ts";
import type { Api } from "../serve/api/api.ts";
import { describeApi } from "../serve/api/openapi.ts";
import type { FeedOverview } from "../serve/wire.ts";
import type { Store } from "../store/store.ts";
import type { OperatorQuestion } from "./operate.ts";
import { historyJson } from "./wire.ts";

/** What the process that writes is asked for. */
export type Question = { readonly ask: "poll"; readonly source: string } | OperatorQuestion;

export interface ApiParts {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly token: string;
  readonly listFeeds: () => Promise<readonly FeedOverview[]>;
  /** Absent where no poller runs beside this process. */
  readonly ask?: (question: Question) => Promise<unknown>;
}

/** The API over the store; what writes is handed to the poller. */
export function createApi({ configuration, store, token, listFeeds, ask }: ApiParts): Api {
  const { sources } = configuration;
  const bySlug = new Map(sources.map((source) => [source.id as string, source]));

  async function statusOf(ids: readonly SourceId[]): Promise<readonly object[]> {
    const states = new Map((await store.sourceStates(ids)).map((state) => [state.id, state]));
    return ids.flatMap((id) => {
      const source = bySlug.get(id);
      return source === undefined ? [] : [sourceStatus(source, states.get(id))];
    });
  }

  function askPoller(question: Question): Promise<unknown> {
    if (ask !== undefined) return ask(question);
    throw new RequestError("No poller runs beside this process", { code: "poller_down", status: 503 });
  }

  return {
    token,
    listSources: () => statusOf(sources.map((source) => source.id)),
    async findSource(id) {
      const source = bySlug.get(id);
      return source === undefined ? null : ((await statusOf([source.id]))[0] ?? null);
    },
    listPolls: async (id, limit) => (await store.listPolls(id as SourceId, limit)).map(pollJson),
    async pollSource(id) {
      const source = bySlug.get(id);
      return source === undefined ? null : ((await askPoller({ ask: "poll", source: id })) as object);
    },
    listFeeds,
    async listStories({ query, source, limit }) {
      if (query !== undefined) return (await store.search(query, limit)).map(storyJson);
      const ids = source === undefined ? sources.map((one) => one.id) : [source as SourceId];
      const newest = await Promise.all(ids.map((id) => store.newestOfSource(id, limit)));
      return newest
        .flat()
        .sort((a, b) => b.publishedAt - a.publishedAt)
        .slice(0, limit)
        .map(storyJson);
    },
    async findStory(id) {
      const story = await store.findStory(id);
      const history = story === null ? null : await store.storyHistory(story.id);
      return story === null ? null : { ...storyJson(story), ...(history === null ? {} : historyJson(history)) };
    },
    async deleteStory(id) {
      if ((await store.findStory(id)) === null) return false;
      return (await askPoller({ ask: "delete", story: id })) === true;
    },
    openApi: () => describeApi(),
  };
}
