import { hash } from "node:crypto";
import type { Feed, FeedDocument, FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Source, SourceId } from "../model/source.ts";
import { newestFirst, type Story } from "../model/story.ts";
import { type FeedRequest, type Origin, requestPath } from "../select/feed-request.ts";
import { canonicalQuery, cutAt, pickStories } from "../select/reader-query.ts";
import type { Store } from "../store/store.ts";
import {
  commonLanguage,
  entryOf,
  type FeedTtl,
  type Site,
  type SourceFacts,
  selfUrlsOf,
  shortestInterval,
  siteUrl,
} from "./document.ts";
import { type Publication, publishDocument } from "./publish.ts";

/** Stories of a feed that nobody defined, newest first. */
const STORIES_MAX = 50;

/** Stories that came last, among which those with a tag of their own are looked for. */
const TAGGED_AMONG = 2_000;

/** Of a search, as some may be of sources that are not shown. */
const FOUND_MAX = 200;

export interface RequestTools {
  readonly store: Pick<
    Store,
    "newestEntries" | "newestOfSource" | "newestStories" | "search" | "feedHeads" | "sourceStates"
  >;
  readonly site: Site;
  readonly factsOf: SourceFacts;
  readonly ttlOf: FeedTtl;
  readonly feeds: ReadonlyMap<FeedSlug, Feed>;
  readonly sources: readonly Source[];
  /** Whether a source may be shown to anybody. */
  readonly isVisible: (id: string) => boolean;
}

/** What is asked for, put together from the store: the same store gives the same document at any moment of one tick. */
export interface Requested {
  readonly document: FeedDocument;
  /** Digest of all that the document is made of: equal, and the document need not be rendered anew. */
  readonly digest: string;
  /** What Last-Modified says, milliseconds since 1970 UTC; absent: no date can tell that nothing changed. */
  readonly modifiedAt?: number;
}

/** What an origin is called, and what it shows before the reader's query. */
interface Gathered {
  readonly stories: readonly Story[];
  readonly title: string;
  readonly description: string;
  readonly language?: string;
  readonly content: "full" | "summary";
  /** How long it may be kept, milliseconds. */
  readonly ttlMs: number | undefined;
  /** Newest change that is known, milliseconds since 1970 UTC. */
  readonly changedAt: number;
  /**
   * When anything of it may have changed last, milliseconds since 1970 UTC: from the store alone, so that it is the same
   * on every replica. Absent where any story of any source may come in.
   */
  readonly modifiedAt?: number;
}

/**
 * Puts together what a reader asks for, as of `now` (milliseconds since 1970 UTC; it counts where the query asks by age
 * only). Null: there is no such feed, source or tag. RequestError `bad_parameter` (400).
 */
export async function gatherRequest(request: FeedRequest, now: number, tools: RequestTools): Promise<Requested | null> {
  const gathered = await gather(request.origin, tools);
  if (gathered === null) return null;
  const { site, factsOf } = tools;
  const picked = pickStories(request.query, gathered.stories, cutAt(request.query, now));
  const document: FeedDocument = {
    title: gathered.title,
    description: gathered.description,
    language: gathered.language ?? commonLanguage(picked.stories) ?? site.language,
    homeUrl: siteUrl(site, requestPath(request, request.origin.kind === "feed" ? "" : "html")),
    selfUrls: selfUrlsOf(site, (format) => requestPath(request, format)),
    urn: urnOf(request),
    updatedAt: Math.max(gathered.changedAt, picked.agedAt ?? 0),
    content: request.query.brief === undefined ? gathered.content : "summary",
    ...(gathered.ttlMs === undefined ? {} : { ttlMs: gathered.ttlMs }),
    entries: picked.stories.map((story) => entryOf(story, site, factsOf)),
  };
  const digest = hash("sha256", JSON.stringify(document), "base64url");
  const { modifiedAt } = gathered;
  return {
    document,
    digest,
    ...(modifiedAt === undefined ? {} : { modifiedAt: Math.max(modifiedAt, picked.agedAt ?? 0) }),
  };
}

/** The document in one format; `unchanged` where it is made of the same as the one with the digest `known`. */
export type RequestedDocument =
  | { readonly kind: "made"; readonly digest: string; readonly publication: Publication }
  /** `dated`: what the snapshot says of its date now. */
  | { readonly kind: "unchanged"; readonly dated: Dated }
  | { readonly kind: "unknown" };

export async function publishRequest(
  request: FeedRequest,
  asked: { readonly format: FormatName; readonly now: number; readonly known?: string | undefined },
  tools: RequestTools,
): Promise<RequestedDocument> {
  const found = await gatherRequest(request, asked.now, tools);
  if (found === null) return { kind: "unknown" };
  const dated = datedAt(found);
  if (found.digest === asked.known) return { kind: "unchanged", dated };
  // The snapshot of a feed that has no slug goes by its address.
  const name = requestPath(request, "") as FeedSlug;
  const { snapshot, ...told } = await publishDocument(name, found.document, asked.format);
  const publication = snapshot === undefined ? told : { ...told, snapshot: { ...snapshot, ...dated } };
  return { kind: "made", digest: found.digest, publication };
}

type Dated = Pick<Snapshot, "lastModifiedAt" | "isUndated">;

function datedAt({ document, modifiedAt }: Requested): Dated {
  const lastModifiedAt = Math.floor((modifiedAt ?? document.updatedAt) / 1000) * 1000;
  return modifiedAt === undefined ? { lastModifiedAt, isUndated: true } : { lastModifiedAt };
}

type Gather<Kind extends Origin["kind"]> = (
  origin: Extract<Origin, { kind: Kind }>,
  tools: RequestTools,
) => Promise<Gathered | null>;

const GATHER: { readonly [Kind in Origin["kind"]]: Gather<Kind> } = {
  async feed({ slug }, { store, feeds, site, ttlOf }) {
    const feed = feeds.get(slug);
    const head = (await store.feedHeads()).find((one) => one.slug === slug);
    if (feed === undefined || head === undefined) return null;
    const { title, content, language } = feed;
    const stories = await store.newestEntries(slug, feed.limit);
    const description = feed.description ?? `${title}, from ${site.title}`;
    const { changedAt } = head;
    return {
      ...{ stories, title, description, content, changedAt },
      modifiedAt: changedAt,
      ttlMs: ttlOf(feed),
      ...(language && { language }),
    };
  },
  async source({ id }, { store, sources, factsOf, site, isVisible }) {
    if (!isVisible(id)) return null;
    // A source that is configured no longer is known by its stories alone.
    const known = sources.find((source) => source.id === id);
    const stories = await store.newestOfSource(id as SourceId, STORIES_MAX);
    if (known === undefined && stories.length === 0) return null;
    const title = known?.title ?? factsOf(id as SourceId).facts?.title ?? id;
    const drawn = known === undefined ? [] : [known];
    const shown = gathered(stories, drawn, { title, description: `Stories of ${title}, from ${site.title}` });
    return { ...shown, ...(await modifiedWith(shown, [id as SourceId], store)) };
  },
  async tag({ tag }, { store, sources, site, isVisible }) {
    const tagged = sources.filter((source) => source.tags.includes(tag) && isVisible(source.id));
    const lists = await Promise.all(tagged.map(({ id }) => store.newestOfSource(id, STORIES_MAX)));
    const stories = tagged.length > 0 ? lists.flat() : await storiesTagged(tag, store);
    const visible = stories.filter(({ sourceId }) => isVisible(sourceId));
    if (visible.length === 0 && tagged.length === 0) return null;
    const shown = gathered(visible.toSorted(newestFirst), tagged.length > 0 ? tagged : sources, {
      title: tag,
      description: `Stories tagged “${tag}”, from ${site.title}`,
    });
    const ids = tagged.map(({ id }) => id);
    return ids.length === 0 ? shown : { ...shown, ...(await modifiedWith(shown, ids, store)) };
  },
  async search({ words }, { store, sources, site, isVisible }) {
    const stories = (await store.search(words, FOUND_MAX)).filter(({ sourceId }) => isVisible(sourceId));
    const description = `Stories with the words “${words}”, from ${site.title}`;
    return gathered(stories, sources, { title: `“${words}”`, description });
  },
};

function gather(origin: Origin, tools: RequestTools): Promise<Gathered | null> {
  // The table holds each kind's own function; TypeScript cannot follow the pair.
  return (GATHER[origin.kind] as Gather<Origin["kind"]>)(origin, tools);
}

function gathered(
  stories: readonly Story[],
  sources: readonly Source[],
  named: Pick<Gathered, "title" | "description">,
): Gathered {
  const shown = stories.slice(0, STORIES_MAX);
  const moments = shown.map((story) => Math.max(story.firstSeenAt, story.updatedAt ?? 0));
  const ttlMs = shortestInterval(sources);
  return { ...named, stories: shown, content: "full", changedAt: Math.max(0, ...moments), ttlMs };
}

/** When anything that these sources show may have changed last. */
async function modifiedWith(
  { changedAt }: Gathered,
  ids: readonly SourceId[],
  store: RequestTools["store"],
): Promise<Pick<Gathered, "modifiedAt">> {
  const states = await store.sourceStates(ids);
  return { modifiedAt: Math.max(changedAt, ...states.map((state) => state.changedAt ?? 0)) };
}

/** Stories with a tag, or in a section, of this name in any case. */
async function storiesTagged(tag: string, store: RequestTools["store"]): Promise<readonly Story[]> {
  const wanted = tag.toLowerCase();
  return (await store.newestStories(TAGGED_AMONG)).filter(
    ({ tags, section, withdrawnAt }) =>
      withdrawnAt === undefined && [...tags, section ?? ""].some((name) => name.toLowerCase() === wanted),
  );
}

function urnOf({ origin, query }: FeedRequest): string {
  const parts = [Object.values(origin).join(":"), canonicalQuery(query)];
  return `urn:storywire:${origin.kind}:${hash("sha256", JSON.stringify(parts), "hex").slice(0, 26)}`;
}
