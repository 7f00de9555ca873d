import type { Reading } from "../../src/model/candidate.ts";
import type { Feed, FeedSlug } from "../../src/model/feed.ts";
import type { ParsedFeed, ParsedItem } from "../../src/model/parsed.ts";
import type { Source, SourceId } from "../../src/model/source.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../../src/model/url.ts";
import { normalizeFeed } from "../../src/normalize/normalize.ts";

/** The moment tests take for now. */
export const NOW = Date.parse("2026-03-01T12:00:00Z");

export function url(text: string): AbsoluteUrl {
  const resolved = resolveWebUrl(text);
  if (resolved === null) throw new TypeError(`not a web address: ${text}`);
  return resolved;
}

export function aSource(overrides: Partial<Omit<Source, "id">> & { readonly id?: string } = {}): Source {
  const { id = "town-news", ...rest } = overrides;
  return {
    id: id as SourceId,
    url: url(`https://${id}.example/feed`),
    kind: "auto",
    rhythm: { kind: "every", everyMs: 1_800_000 },
    timeZone: "UTC",
    tags: [],
    listing: { follow: false },
    more: true,
    headers: {},
    cookies: {},
    robots: true,
    paused: false,
    ...rest,
  };
}

export function aFeed(overrides: Partial<Omit<Feed, "slug">> & { readonly slug?: string } = {}): Feed {
  const { slug = "top", ...rest } = overrides;
  return {
    slug: slug as FeedSlug,
    title: "Top stories",
    formerly: [],
    select: { sources: [], tags: [], include: {}, exclude: {}, languages: [] },
    limit: 50,
    content: "full",
    duplicates: "all",
    access: "public",
    ...rest,
  };
}

function anItem(overrides: Partial<ParsedItem> = {}): ParsedItem {
  return { kind: "entry", title: "Bridge reopens", authors: [], tags: [], images: [], enclosures: [], ...overrides };
}

/** An item with guid, address, exact date and a text long enough to be recognised by. */
export function numberedItem(number: number, overrides: Partial<ParsedItem> = {}): ParsedItem {
  const at = NOW - number * 3_600_000;
  return anItem({
    guid: `tag:town.example,2026:${number}`,
    url: url(`https://town.example/stories/${number}`),
    title: `Story number ${number} of the town`,
    contentHtml: {
      untrusted: `<p>The council met for the ${number}. time about the bridge over the river, and ${"much was said ".repeat(12)}by all.</p>`,
    },
    published: { from: at, to: at, precision: "exact", origin: "feed", text: new Date(at).toUTCString() },
    ...overrides,
  });
}

export function aReading(
  items: readonly ParsedItem[],
  known: ReadonlySet<string> = new Set(),
  overrides: Partial<ParsedFeed> = {},
): Reading {
  return normalizeFeed({ format: "rss", feed: { authors: [] }, items, hints: {}, faults: [], ...overrides }, known);
}
