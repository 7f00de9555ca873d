import { sanitize } from "../html/sanitize.ts";
import type { Candidate, IdentityKey, Reading } from "../model/candidate.ts";
import type { SafeHtml, UntrustedHtml } from "../model/html.ts";
import type { Fault, FeedFacts, ParsedFeed, ParsedItem } from "../model/parsed.ts";
import type { Author, Enclosure, Image, StoryContent } from "../model/story.ts";
import { cleanLine, cutText } from "../text/clean.ts";
import { contentDigest, withoutTags } from "./digest.ts";
import { distinctKeys, fold, identityKeys, shortHash } from "./identity.ts";

/**
 * What is stored of one story, at most: characters for texts, entries for lists.
 * @internal Tests use it by itself.
 */
export const storyLimits = {
  titleMax: 1_000,
  summaryMax: 10_000,
  contentMax: 2_000_000,
  nameMax: 300,
  urlMax: 4_096,
  authorsMax: 50,
  tagsMax: 100,
  imagesMax: 300,
  enclosuresMax: 100,
} as const;

/**
 * One document as candidates for the store: texts cleaned, HTML through the allow-list, keys and digests computed. Items
 * whose raw digest is in `known` are left unread (no sanitizing). Items that stand twice in the document are told as
 * faults, and left out unless `repeats` are wanted: then they have the keys of the story they repeat.
 */
export function normalizeFeed(
  parsed: ParsedFeed,
  known: ReadonlySet<string> = new Set(),
  { repeats = false }: { readonly repeats?: boolean } = {},
): Reading {
  const faults: Fault[] = [...parsed.faults];
  const keyed = parsed.items.map((item, index) => {
    const text = plainTextOf(item) || (item.title === "" ? JSON.stringify(item) : "");
    return { item, index, text, keys: identityKeys(item, text) };
  });
  const single = withoutRepeats(keyed, faults);
  const distinct = distinctKeys(single.map((entry) => entry.keys));
  const keys = new Map(single.map((entry, place) => [entry, distinct[place] ?? []]));
  const candidates = (repeats ? keyed : single).map((entry) =>
    candidateOf(entry.item, orElse(keys.get(entry) ?? entry.keys, entry.item, entry.text), known),
  );
  return {
    format: parsed.format,
    feed: normalizeFacts(parsed.feed),
    candidates: repeats ? candidates : uniqueByKeys(candidates, faults),
    hints: parsed.hints,
    ...(parsed.complete === true ? { complete: true } : {}),
    faults,
    ...(parsed.nextUrl === undefined ? {} : { nextUrl: parsed.nextUrl }),
  };
}

interface Keyed {
  readonly item: ParsedItem;
  readonly index: number;
  readonly text: string;
  readonly keys: readonly IdentityKey[];
}

/** The first of items that are one: same guid and address, or same address and title, or same text and no address. */
function withoutRepeats(entries: readonly Keyed[], faults: Fault[]): readonly Keyed[] {
  const seen = new Set<string>();
  return entries.filter(({ item, index, keys }) => {
    const guid = keys.find((key) => key.kind === "guid")?.key;
    const url = keys.find((key) => key.kind === "url")?.key;
    const digest = keys.find((key) => key.kind === "digest")?.key;
    const names = [`${url} ${fold(item.title)}`, guid === undefined ? null : `${guid} ${url}`];
    if (url === undefined && guid === undefined) names.splice(0, 2, `${digest}`);
    const repeated = names.some((name) => name !== null && seen.has(name));
    for (const name of names) if (name !== null) seen.add(name);
    if (repeated) faults.push({ code: "repeated_item", message: "The item stands in the document twice", item: index });
    return !repeated;
  });
}

/** Keys of an item that lost all its own to others: its title and text. */
function orElse(keys: readonly IdentityKey[], item: ParsedItem, text: string): readonly IdentityKey[] {
  if (keys.length > 0) return keys;
  return [{ kind: "digest", key: shortHash(`digest\n${fold(item.title)}\n${fold(text)}\n${item.url ?? ""}`) }];
}

/** After fallback keys were given two items may be equal again; the first stays. */
function uniqueByKeys(candidates: readonly Candidate[], faults: Fault[]): readonly Candidate[] {
  const seen = new Set<string>();
  return candidates.filter((candidate) => {
    const fresh = candidate.keys.every(({ kind, key }) => !seen.has(kind + key));
    for (const { kind, key } of candidate.keys) seen.add(kind + key);
    if (!fresh) faults.push({ code: "repeated_item", message: "The item cannot be told from another of the document" });
    return fresh;
  });
}

function candidateOf(item: ParsedItem, keys: readonly IdentityKey[], known: ReadonlySet<string>): Candidate {
  const { published, updated, unreadDates, origins, ...raw } = item;
  const rawDigest = shortHash(JSON.stringify(raw));
  const seen = {
    keys,
    rawDigest,
    ...(published === undefined ? {} : { published }),
    ...(updated === undefined ? {} : { updated }),
    ...(unreadDates === undefined ? {} : { unreadDates }),
  };
  if (known.has(rawDigest)) return seen;
  const content = normalizeItem(item);
  return { ...seen, ...(origins === undefined ? {} : { origins }), content, contentDigest: contentDigest(content) };
}

/**
 * What one item says, safe to store and publish.
 * @internal Tests use it by itself.
 */
export function normalizeItem(item: ParsedItem): StoryContent {
  const summaryHtml = safe(item.summaryHtml);
  const contentHtml = safe(item.contentHtml);
  const summary = cleanLine(item.summary ?? "", storyLimits.summaryMax);
  const description = cleanLine(item.description ?? "", storyLimits.summaryMax);
  return {
    kind: item.kind,
    ...optional("guid", cleanLine(item.guid ?? "", storyLimits.urlMax)),
    ...optional("url", withinLength(item.url)),
    ...optional("canonicalUrl", withinLength(item.canonicalUrl)),
    title: cleanLine(item.title, storyLimits.titleMax),
    ...optional("summary", summary),
    ...optional("summaryHtml", summaryHtml),
    ...optional("description", description === summary ? "" : description),
    ...optional("contentHtml", contentHtml),
    authors: item.authors
      .slice(0, storyLimits.authorsMax)
      .map(cleanAuthor)
      .filter((author) => author.name !== ""),
    ...optional("section", cleanLine(item.section ?? "", storyLimits.nameMax)),
    tags: cleanTags(item.tags),
    ...optional("language", cleanLine(item.language ?? "", 64)),
    images: item.images.slice(0, storyLimits.imagesMax).map(cleanImage),
    enclosures: item.enclosures.slice(0, storyLimits.enclosuresMax).map(cleanEnclosure),
    ...optional("rights", cleanLine(item.rights ?? "", storyLimits.summaryMax)),
  };
}

function safe(html: UntrustedHtml | SafeHtml | undefined): SafeHtml | undefined {
  if (html === undefined) return undefined;
  if (typeof html === "string") return html.length > storyLimits.contentMax ? sanitize(cut(html), {}) : html;
  const clean = sanitize(cut(html.untrusted), { baseUrl: html.baseUrl, profile: "feed" });
  return clean === "" ? undefined : clean;
}

function cut(html: string): string {
  return html.length > storyLimits.contentMax ? html.slice(0, storyLimits.contentMax) : html;
}

/** An author who gave no name goes by the address that was given. */
function cleanAuthor(author: Author): Author {
  return {
    name:
      cleanLine(author.name, storyLimits.nameMax) || cleanLine(author.email ?? author.url ?? "", storyLimits.nameMax),
    ...optional("url", withinLength(author.url)),
    ...optional("email", cleanLine(author.email ?? "", storyLimits.nameMax)),
  };
}

function cleanTags(tags: readonly string[]): readonly string[] {
  const clean = tags.map((tag) => cleanLine(tag, storyLimits.nameMax)).filter((tag) => tag !== "");
  return [...new Set(clean)].slice(0, storyLimits.tagsMax);
}

function cleanImage(image: Image): Image {
  return {
    ...optional("url", withinLength(image.url)),
    ...optional("alt", cleanLine(image.alt ?? "", storyLimits.summaryMax)),
    ...optional("caption", cleanLine(image.caption ?? "", storyLimits.summaryMax)),
    ...optional("credit", cleanLine(image.credit ?? "", storyLimits.summaryMax)),
    ...optional("width", pixels(image.width)),
    ...optional("height", pixels(image.height)),
    role: image.role,
  };
}

function cleanEnclosure(enclosure: Enclosure): Enclosure {
  return { ...enclosure, ...optional("type", cleanLine(enclosure.type ?? "", 200)) };
}

function pixels(value: number | undefined): number | undefined {
  return value !== undefined && Number.isInteger(value) && value > 0 && value < 1e6 ? value : undefined;
}

function withinLength<T extends string>(url: T | undefined): T | undefined {
  return url !== undefined && url.length <= storyLimits.urlMax ? url : undefined;
}

/** The property where there is something to say: no field is ever null or empty. */
function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined || value === "" ? {} : { [name]: value }) as { readonly [P in K]?: V };
}

function normalizeFacts(facts: FeedFacts): FeedFacts {
  const { description, title, rights, ...rest } = facts;
  const hasMarkup = description !== undefined && /[<&]/.test(description);
  return {
    ...rest,
    authors: facts.authors.map(cleanAuthor).filter((author) => author.name !== ""),
    ...optional("title", cleanLine(title ?? "", storyLimits.titleMax)),
    ...optional("rights", cleanLine(rights ?? "", storyLimits.summaryMax)),
    ...optional(
      "description",
      hasMarkup
        ? sanitize(description, { baseUrl: facts.link, profile: "feed" })
        : cutText(description ?? "", storyLimits.summaryMax),
    ),
  };
}

/** The item's text as its digest key sees it; markup crudely off, since nothing of it is published. */
function plainTextOf(item: ParsedItem): string {
  const html = item.contentHtml ?? item.summaryHtml;
  if (html === undefined) return item.summary ?? "";
  return withoutTags(typeof html === "string" ? html : html.untrusted);
}
