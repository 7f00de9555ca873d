import { z } from "zod";
import { type AbsoluteUrl, resolveWebUrl } from "../../model/url.ts";
import { components } from "./schemas.ts";

/** What the API may ask and do; src/app/api.ts implements it over the store and the poller. Answers are JSON as it goes out. */
export interface Api {
  /** The operator's bearer token. */
  readonly token: string;
  overview(): Promise<object>;
  listSources(): Promise<readonly object[]>;
  findSource(id: string): Promise<object | null>;
  /** Records of a source's visits, newest first; null where there is no such source. */
  listPolls(id: string, limit: number): Promise<readonly object[] | null>;
  /** Visits a source now and answers the record; null where there is no such source. */
  pollSource(id: string): Promise<object | null>;
  /** No visits until it is resumed; answers how the source is doing then. */
  pauseSource(id: string): Promise<object | null>;
  resumeSource(id: string): Promise<object | null>;
  /** Forgets the stories of a source that is no longer configured. */
  forgetSource(id: string): Promise<object | null>;
  listFeeds(): Promise<readonly object[]>;
  findFeed(slug: string): Promise<object | null>;
  /** Newest first; `query` searches title and opening. */
  listStories(selection: StorySelection): Promise<readonly object[]>;
  findStory(id: string): Promise<object | null>;
  explain(of: string): Promise<object>;
  /** The story as it is then; null where there is no such story. */
  correctStory(id: string, patch: Correction): Promise<object | null>;
  withdrawStory(id: string): Promise<object | null>;
  restoreStory(id: string): Promise<object | null>;
  /** Out of every feed, and never imported again. Null where there is no such story. */
  deleteStory(id: string): Promise<object | null>;
  configuration(): Promise<object>;
  reloadConfiguration(): Promise<object>;
  planConfiguration(): Promise<object>;
  applyConfiguration(yes: boolean): Promise<object>;
}

interface StorySelection {
  readonly query?: string | undefined;
  readonly source?: string | undefined;
  readonly feed?: string | undefined;
  readonly limit: number;
}

/** What a request brings, once it was read. */
interface Given<Query, Body> {
  readonly id: string;
  readonly query: Query;
  readonly body: Body;
}

/** One operation: what it is called with, what it answers, and how it is done. */
export interface Operation<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodObject = z.ZodObject> {
  readonly method: "get" | "post" | "patch" | "delete";
  /** Below `/api/v1`; `{id}` stands for one segment. */
  readonly path: string;
  /** `operationId` of OpenAPI. */
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: Query;
  readonly body?: Body;
  /** What a body may look like. */
  readonly example?: object;
  readonly answer: z.ZodType;
  /** Codes of problems beside those that any operation may answer, by status. */
  readonly problems?: Readonly<Record<number, readonly string[]>>;
  /** null: there is no such thing, which is a problem of the first code under 404. */
  run(api: Api, given: Given<z.output<Query>, z.output<Body>>): Promise<object | null>;
}

/** The same with its types forgotten: whoever calls it reads query and body by its own schemas. */
function operation<Query extends z.ZodObject, Body extends z.ZodObject>(one: Operation<Query, Body>): Operation {
  return one as unknown as Operation;
}

const limit = z.coerce
  .number<string>()
  .int()
  .min(1)
  .max(200)
  .default(50)
  .meta({ description: "How many, at most", type: "integer" });

const pollsQuery = z.strictObject({ limit });
const storiesQuery = z.strictObject({
  q: z.string().max(500).optional().meta({ description: "Words that title or opening hold" }),
  source: z.string().max(64).optional().meta({ description: "Only of this source" }),
  feed: z.string().max(64).optional().meta({ description: "Only what this feed shows, in its order" }),
  limit,
});
const explainQuery = z.strictObject({
  of: z
    .string()
    .min(1)
    .max(4096)
    .meta({ description: "A story's id or URN, its address here or at its publisher, or the publisher's guid" }),
});
const applyBody = z.strictObject({
  yes: z.boolean().default(false).meta({ description: "Also where ids or dates move, or many entries come or go" }),
});

const text = (max: number, description: string) => z.string().max(max).nullable().optional().meta({ description });
const WEB_ADDRESS = "wanted: an http or https address";

const address = z
  .string()
  .max(4096)
  .transform((told, context): AbsoluteUrl => {
    const url = resolveWebUrl(told);
    if (url !== null) return url;
    context.addIssue(WEB_ADDRESS);
    return z.NEVER;
  });

const correctionBody = z
  .strictObject({
    title: text(1_000, "Plain text"),
    summary: text(10_000, "Plain text: the standfirst"),
    contentHtml: text(500_000, "HTML; what the allow-list does not know is left out"),
    url: address.nullable().optional().meta({ description: "The story's own address: where its link leads" }),
    published: text(64, "RFC 3339 instant, or YYYY-MM-DD: a day in the zone of the source. Not in the future"),
    authors: z
      .array(z.strictObject({ name: z.string().min(1).max(300), url: address.exactOptional() }))
      .max(50)
      .nullable()
      .optional(),
    section: text(300, "Plain text"),
    tags: z.array(z.string().min(1).max(300)).max(100).nullable().optional(),
    language: z
      .string()
      .max(64)
      .refine((told) => told === "" || isLanguage(told), { error: "wanted: a BCP 47 tag" })
      .nullable()
      .optional()
      .meta({ description: "BCP 47" }),
    images: z
      .array(
        z.strictObject({
          url: address.exactOptional(),
          alt: z.string().max(2_000).exactOptional(),
          caption: z.string().max(5_000).exactOptional(),
          credit: z.string().max(1_000).exactOptional(),
          role: z.enum(["lead", "inline"]).default("inline"),
        }),
      )
      .max(300)
      .nullable()
      .optional(),
    rights: text(1_000, "Plain text"),
  })
  .refine((patch) => Object.keys(patch).length > 0, { error: "wanted: at least one field" });

type Correction = z.output<typeof correctionBody>;

function isLanguage(told: string): boolean {
  try {
    return Intl.getCanonicalLocales(told).length === 1;
  } catch {
    return false;
  }
}

const UNKNOWN_SOURCE = { 404: ["unknown_source"] } as const;
const UNKNOWN_STORY = { 404: ["unknown_story"] } as const;
const POLLER_DOWN = ["poller_down"] as const;

const listOf = <T extends z.ZodType>(name: string, item: T) => z.object({ [name]: z.array(item) });

/** Every operation, in the order in which it is described. */
export const operations: readonly Operation[] = [
  operation({
    method: "get",
    path: "/overview",
    name: "getOverview",
    group: "Service",
    summary: "The service at a glance",
    answer: components.overview,
    run: (api) => api.overview(),
  }),
  operation({
    method: "get",
    path: "/configuration",
    name: "getConfiguration",
    group: "Service",
    summary: "What runs, and what of the files does not",
    answer: components.configurationState,
    problems: { 503: POLLER_DOWN },
    run: (api) => api.configuration(),
  }),
  operation({
    method: "post",
    path: "/configuration/reload",
    name: "reloadConfiguration",
    group: "Service",
    summary: "Read the files now",
    description:
      "What is right and harmless takes effect; a surprising change waits to be applied; wrong files change nothing. The answer says which.",
    answer: components.configurationState,
    problems: { 503: POLLER_DOWN },
    run: (api) => api.reloadConfiguration(),
  }),
  operation({
    method: "post",
    path: "/configuration/plan",
    name: "planConfiguration",
    group: "Service",
    summary: "What the files would change, without changing anything",
    description: "Replays what changed over kept bodies; asks nobody on the network. Takes up to half a minute.",
    answer: components.plan,
    problems: { 422: ["bad_settings"], 503: POLLER_DOWN },
    run: (api) => api.planConfiguration(),
  }),
  operation({
    method: "post",
    path: "/configuration/apply",
    name: "applyConfiguration",
    group: "Service",
    summary: "Take the files over, surprises too where yes is true",
    body: applyBody,
    example: { yes: true },
    answer: z.object({ applied: z.literal(true), plan: components.plan }),
    problems: { 409: ["surprising_change"], 422: ["bad_settings"], 503: POLLER_DOWN },
    run: (api, { body }) => api.applyConfiguration(body.yes),
  }),
  operation({
    method: "get",
    path: "/sources",
    name: "listSources",
    group: "Sources",
    summary: "Every source and how it is doing",
    answer: listOf("sources", components.source),
    run: async (api) => ({ sources: await api.listSources() }),
  }),
  operation({
    method: "get",
    path: "/sources/{id}",
    name: "getSource",
    group: "Sources",
    summary: "How one source is doing",
    answer: components.source,
    problems: UNKNOWN_SOURCE,
    run: (api, { id }) => api.findSource(id),
  }),
  operation({
    method: "delete",
    path: "/sources/{id}",
    name: "forgetSource",
    group: "Sources",
    summary: "Forget a source that is configured no longer, with its stories",
    answer: z.object({ forgotten: z.literal(true), stories: z.int().min(0) }),
    problems: { ...UNKNOWN_SOURCE, 409: ["source_configured"], 503: POLLER_DOWN },
    run: (api, { id }) => api.forgetSource(id),
  }),
  operation({
    method: "get",
    path: "/sources/{id}/polls",
    name: "listPolls",
    group: "Sources",
    summary: "The visits to a source, newest first",
    query: pollsQuery,
    answer: listOf("polls", components.poll),
    problems: UNKNOWN_SOURCE,
    run: async (api, { id, query }) => {
      const polls = await api.listPolls(id, query.limit);
      return polls === null ? null : { polls };
    },
  }),
  operation({
    method: "post",
    path: "/sources/{id}/poll",
    name: "pollSource",
    group: "Sources",
    summary: "Visit a source now, and answer the record",
    description: "Also one that is paused: it stays so. Its host's queue is kept to.",
    answer: components.poll,
    problems: { ...UNKNOWN_SOURCE, 409: ["busy"], 503: POLLER_DOWN },
    run: (api, { id }) => api.pollSource(id),
  }),
  operation({
    method: "post",
    path: "/sources/{id}/pause",
    name: "pauseSource",
    group: "Sources",
    summary: "No visits until the source is resumed",
    description: "Outlives restarts. Its stories stay.",
    answer: components.source,
    problems: { ...UNKNOWN_SOURCE, 503: POLLER_DOWN },
    run: (api, { id }) => api.pauseSource(id),
  }),
  operation({
    method: "post",
    path: "/sources/{id}/resume",
    name: "resumeSource",
    group: "Sources",
    summary: "Visit a source again, also one that answered 410",
    answer: components.source,
    problems: { ...UNKNOWN_SOURCE, 409: ["paused_by_file"], 503: POLLER_DOWN },
    run: (api, { id }) => api.resumeSource(id),
  }),
  operation({
    method: "get",
    path: "/feeds",
    name: "listFeeds",
    group: "Feeds",
    summary: "Every published feed",
    answer: listOf("feeds", components.feed),
    run: async (api) => ({ feeds: await api.listFeeds() }),
  }),
  operation({
    method: "get",
    path: "/feeds/{id}",
    name: "getFeed",
    group: "Feeds",
    summary: "One published feed, by its slug",
    answer: components.feed,
    problems: { 404: ["unknown_feed"] },
    run: (api, { id }) => api.findFeed(id),
  }),
  operation({
    method: "get",
    path: "/stories",
    name: "listStories",
    group: "Stories",
    summary: "Newest stories: of all, of a source, of a feed, or those that hold words",
    query: storiesQuery,
    answer: listOf("stories", components.story),
    problems: { 404: ["unknown_source", "unknown_feed"] },
    run: async (api, { query }) => {
      const { q, ...selection } = query;
      return { stories: await api.listStories({ ...selection, query: q }) };
    },
  }),
  operation({
    method: "get",
    path: "/stories/{id}",
    name: "getStory",
    group: "Stories",
    summary: "A story with its ledger, revisions and corrections",
    answer: components.storyRecord,
    problems: UNKNOWN_STORY,
    run: (api, { id }) => api.findStory(id),
  }),
  operation({
    method: "patch",
    path: "/stories/{id}",
    name: "correctStory",
    group: "Stories",
    summary: "Correct fields of a story, whatever its source says from now on",
    description:
      "null gives a field back to its source, an empty text or list says that there is nothing. A correction of title, summary or content is a revision and moves `updated`.",
    body: correctionBody,
    example: { title: "Bridge reopens on Monday", published: "2026-03-01", summary: null },
    answer: components.storyRecord,
    problems: { 400: ["bad_correction"], ...UNKNOWN_STORY, 409: ["busy"], 503: POLLER_DOWN },
    run: (api, { id, body }) => api.correctStory(id, body),
  }),
  operation({
    method: "delete",
    path: "/stories/{id}",
    name: "deleteStory",
    group: "Stories",
    summary: "Delete a story for good: it never comes back",
    answer: z.object({ deleted: z.literal(true) }),
    problems: { ...UNKNOWN_STORY, 409: ["busy"], 503: POLLER_DOWN },
    run: (api, { id }) => api.deleteStory(id),
  }),
  operation({
    method: "post",
    path: "/stories/{id}/withdraw",
    name: "withdrawStory",
    group: "Stories",
    summary: "Take a story out of every feed until it is restored",
    answer: components.storyRecord,
    problems: { ...UNKNOWN_STORY, 409: ["busy"], 503: POLLER_DOWN },
    run: (api, { id }) => api.withdrawStory(id),
  }),
  operation({
    method: "post",
    path: "/stories/{id}/restore",
    name: "restoreStory",
    group: "Stories",
    summary: "Put a withdrawn story back into the feeds that select it",
    answer: components.storyRecord,
    problems: { ...UNKNOWN_STORY, 409: ["busy"], 503: POLLER_DOWN },
    run: (api, { id }) => api.restoreStory(id),
  }),
  operation({
    method: "get",
    path: "/explain",
    name: "explain",
    group: "Stories",
    summary: "Why a story is what it is and where it shows, or why an address yielded none",
    query: explainQuery,
    answer: components.explanation,
    problems: UNKNOWN_STORY,
    run: (api, { query }) => api.explain(query.of),
  }),
];
