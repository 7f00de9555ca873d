import type { Entry, EntrySource, FeedDocument, FormatName } from "../model/feed.ts";
import type { Fault } from "../model/parsed.ts";
import type { Author, Enclosure, Image, Story } from "../model/story.ts";
import { emailAddress, excerpt, hostOf, languageTag, plainText, sayableInstant, textAsHtml, webUrl } from "./clean.ts";
import { judgeHtml, publishableHtml } from "./html-rules.ts";
import { mediaType, mediumOf, typeOfImage } from "./media-types.ts";

/** A picture whose values can stand in any document as they are. */
export interface PreparedImage {
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly alt: string | undefined;
  readonly caption: string | undefined;
  readonly credit: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly role: Image["role"];
}

export interface PreparedEnclosure {
  readonly url: string;
  readonly type: string;
  readonly medium: string | undefined;
  readonly lengthBytes: number | undefined;
  readonly durationSeconds: number | undefined;
}

interface PreparedAuthor {
  readonly name: string;
  readonly url: string | undefined;
  readonly email: string | undefined;
}

/** Section or tag; the section comes first. */
interface PreparedCategory {
  readonly name: string;
  /** What kind of name it is: RSS `domain`, Atom `scheme`. */
  readonly scheme: string;
}

interface PreparedSource {
  readonly urn: string;
  readonly title: string;
  /** Its page or document. */
  readonly url: string;
  /** Its own word on where it is, where that is a feed. */
  readonly selfUrl: string | undefined;
  /** When it last changed by its own account, else when the story was published; milliseconds since 1970 UTC. */
  readonly updatedAt: number;
}

/** An entry whose values can stand in any document as they are: clean text, RFC 3986 URLs, dates in bounds. */
export interface PreparedEntry {
  readonly urn: string;
  readonly link: string | undefined;
  /** Where the story stands by its publisher's word, if not there. */
  readonly relatedUrl: string | undefined;
  /** Never empty: an untitled story goes by the beginning of its text. */
  readonly title: string;
  /** Plain text; empty where there is none. */
  readonly summary: string;
  /** The summary as HTML; empty where there is none. */
  readonly summaryHtml: string;
  /** Whether the summary had markup of its own. */
  readonly summaryHasMarkup: boolean;
  /** Undefined in feeds that show summaries only. */
  readonly contentHtml: string | undefined;
  readonly authors: readonly PreparedAuthor[];
  readonly categories: readonly PreparedCategory[];
  /** Only where it is not the feed's language. */
  readonly language: string | undefined;
  readonly images: readonly PreparedImage[];
  readonly enclosures: readonly PreparedEnclosure[];
  readonly source: PreparedSource | undefined;
  readonly rights: string | undefined;
  readonly publishedAt: number;
  readonly updatedAt: number | undefined;
  /** What Atom `updated` says: distinct in the document. */
  readonly stampAt: number;
}

export interface PreparedDocument {
  readonly title: string;
  readonly description: string;
  readonly language: string;
  readonly homeUrl: string;
  readonly selfUrls: Readonly<Record<FormatName, string>>;
  readonly urn: string;
  readonly updatedAt: number;
  /** RSS `ttl`: whole minutes, 1 at least. */
  readonly ttlMinutes: number | undefined;
  readonly entries: readonly PreparedEntry[];
  readonly faults: readonly Fault[];
}

/** ISO 639-2: nobody can tell. */
const UNDETERMINED = "und";
const EXCERPT_LENGTH_MAX = 300;
const TITLE_LENGTH_MAX = 100;

const prepared = new WeakMap<FeedDocument, PreparedDocument>();

/**
 * The document with every value clean. Entries that no format can express, and those whose id another one has, are
 * left out with a fault. The three formats of one document share the work.
 */
export function prepareDocument(document: FeedDocument): PreparedDocument {
  const known = prepared.get(document);
  if (known !== undefined) return known;
  const result = prepare(document);
  prepared.set(document, result);
  return result;
}

function prepare(document: FeedDocument): PreparedDocument {
  const faults: Fault[] = [];
  const entries: PreparedEntry[] = [];
  const taken = { urns: new Set<string>(), stamps: new Set<number>() };
  const language = languageTag(document.language) ?? UNDETERMINED;
  for (const [item, entry] of document.entries.entries()) {
    try {
      const one = prepareEntry(entry, document.content, language);
      if (taken.urns.has(one.urn)) {
        faults.push({ code: "duplicate_entry", message: `Left out: another entry has the id ${one.urn}`, item });
        continue;
      }
      taken.urns.add(one.urn);
      entries.push({ ...one, stampAt: distinct(one.stampAt, taken.stamps) });
    } catch (error) {
      // One story must not cost the feed, whatever is wrong with it.
      faults.push({ code: "entry_inexpressible", message: `Left out: ${String(error)}`, item });
    }
  }
  const homeUrl = webUrl(document.homeUrl) ?? document.homeUrl;
  const title = plainText(document.title) || hostOf(homeUrl);
  return {
    title,
    description: plainText(document.description) || title,
    language,
    homeUrl,
    selfUrls: document.selfUrls,
    urn: document.urn,
    updatedAt: sayableInstant(document.updatedAt),
    ttlMinutes: document.ttlMs === undefined ? undefined : Math.max(1, Math.round(document.ttlMs / 60_000)),
    entries,
    faults,
  };
}

/** Atom wants a distinct `updated` for each entry: the next free millisecond. */
function distinct(instant: number, taken: Set<number>): number {
  let free = instant;
  while (taken.has(free)) free += 1;
  taken.add(free);
  return free;
}

function prepareEntry(entry: Entry, shown: "full" | "summary", feedLanguage: string): PreparedEntry {
  const { story } = entry;
  const content = publishableHtml(story.contentHtml ?? "") || undefined;
  const summary = prepareSummary(story, shown === "summary" ? content : undefined);
  const link = webUrl(entry.link);
  const relatedUrl = webUrl(story.canonicalUrl);
  const publishedAt = sayableInstant(story.publishedAt);
  const updatedAt = story.updatedAt === undefined ? undefined : sayableInstant(story.updatedAt);
  const language = languageTag(story.language);
  return {
    urn: urn(entry.urn),
    link,
    relatedUrl: relatedUrl === link ? undefined : relatedUrl,
    title: prepareTitle(story, summary.text, content, link),
    summary: summary.text,
    summaryHtml: summary.html,
    summaryHasMarkup: summary.hasMarkup,
    contentHtml: shown === "full" ? content : undefined,
    authors: story.authors.flatMap(prepareAuthor),
    categories: prepareCategories(story),
    language: language === feedLanguage ? undefined : language,
    images: story.images.flatMap(prepareImage),
    enclosures: distinctUrls(story.enclosures.flatMap(prepareEnclosure)),
    source: prepareSource(entry.source, publishedAt),
    rights: someText(story.rights),
    publishedAt,
    // RFC 4287 §4.2.15, JSON Feed date_modified: never before it was published.
    updatedAt: updatedAt !== undefined && updatedAt >= publishedAt ? updatedAt : undefined,
    stampAt: sayableInstant(story.stampAt),
  };
}

/** RFC 8141 §2: what a name in a namespace may hold. */
const URN = /^urn:[a-z0-9][a-z0-9-]{1,31}:(?:[A-Za-z0-9()+,.:=@;$_!*'-]|%[0-9A-F]{2})+$/;

function urn(value: string): string {
  if (!URN.test(value)) throw new Error(`its id "${value.slice(0, 80)}" is not a URN`);
  return value;
}

function prepareSummary(story: Story, content: string | undefined) {
  const html = publishableHtml(story.summaryHtml ?? "") || undefined;
  const text =
    plainText(story.summary ?? "") ||
    plainText(excerptOf(html)) ||
    plainText(story.description ?? "") ||
    plainText(excerptOf(content));
  return { text, html: html ?? textAsHtml(text), hasMarkup: html !== undefined };
}

function excerptOf(html: string | undefined): string {
  return html === undefined ? "" : excerpt(judgeHtml(html).text, EXCERPT_LENGTH_MAX);
}

function prepareTitle(story: Story, summary: string, content: string | undefined, link: string | undefined): string {
  return (
    plainText(story.title) ||
    plainText(excerpt(summary, TITLE_LENGTH_MAX)) ||
    plainText(excerpt(excerptOf(content), TITLE_LENGTH_MAX)) ||
    plainText(excerpt(link?.replace(/^https?:\/\//, "") ?? story.id, TITLE_LENGTH_MAX))
  );
}

/** RFC 2396, which validators judge RSS and Media RSS by, has no hosts in brackets (IPv6 addresses). */
function addressOf(value: string | undefined): string | undefined {
  const url = webUrl(value);
  return url?.includes("[") ? undefined : url;
}

function prepareAuthor(author: Author): PreparedAuthor[] {
  const name = plainText(author.name);
  return name === "" ? [] : [{ name, url: addressOf(author.url), email: emailAddress(author.email) }];
}

function prepareImage(image: Image): PreparedImage[] {
  const url = addressOf(image.url);
  const caption = someText(image.caption);
  const credit = someText(image.credit);
  if (url === undefined && caption === undefined && credit === undefined) return [];
  const type = url === undefined ? undefined : typeOfImage(url);
  const [width, height] = [wholeNumber(image.width, 1), wholeNumber(image.height, 1)];
  return [{ url, type, alt: someText(image.alt), caption, credit, width, height, role: image.role }];
}

function prepareEnclosure(enclosure: Enclosure): PreparedEnclosure[] {
  const url = addressOf(enclosure.url);
  if (url === undefined) return [];
  const type = mediaType(enclosure.type, url);
  const lengthBytes = wholeNumber(enclosure.lengthBytes, 1);
  const seconds = enclosure.durationSeconds;
  const durationSeconds = seconds !== undefined && seconds > 0 && seconds < 1e9 ? Math.round(seconds) : undefined;
  return [{ url, type, medium: mediumOf(type), lengthBytes, durationSeconds }];
}

function prepareSource(source: EntrySource, publishedAt: number): PreparedSource | undefined {
  const selfUrl = addressOf(source.facts?.self);
  const url = addressOf(source.url) ?? selfUrl ?? addressOf(source.facts?.link);
  if (url === undefined) return undefined; // a file: its path is nobody's business
  const updated = Date.parse(source.facts?.updated ?? "");
  return {
    urn: `urn:storywire:source:${source.id.replace(/[^A-Za-z0-9._-]/g, "-")}`,
    title: plainText(source.title) || plainText(source.facts?.title ?? "") || hostOf(url),
    url,
    selfUrl,
    updatedAt: Number.isNaN(updated) ? publishedAt : sayableInstant(Math.min(updated, publishedAt)),
  };
}

function someText(value: string | undefined): string | undefined {
  return plainText(value ?? "") || undefined;
}

function wholeNumber(value: number | undefined, minimum: number): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value >= minimum ? value : undefined;
}

/** RFC 4287 §4.2.2.2: what tells a section from a tag of the same name; ours, as publishers name no scheme of theirs. */
export const SCHEMES = { section: "urn:storywire:section", tag: "urn:storywire:tag" } as const;

/** Each name once: a tag that is the section's name, too, says nothing more. */
function prepareCategories({ section = "", tags }: Story): PreparedCategory[] {
  const told = [{ name: section, scheme: SCHEMES.section }, ...tags.map((name) => ({ name, scheme: SCHEMES.tag }))];
  const cleaned = told.map(({ name, scheme }) => ({ name: plainText(name), scheme })).filter(({ name }) => name !== "");
  const byName = new Map(cleaned.toReversed().map((category) => [category.name, category]));
  return cleaned.filter((category) => byName.get(category.name) === category);
}

function distinctUrls(enclosures: readonly PreparedEnclosure[]): PreparedEnclosure[] {
  return [...new Map(enclosures.map((enclosure) => [enclosure.url, enclosure])).values()];
}
