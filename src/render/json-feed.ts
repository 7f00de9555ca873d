import { Feed } from "feed";
import { rfc3339 } from "./clean.ts";
import { jsonExtension } from "./modules/storywire.ts";
import type { PreparedDocument, PreparedEntry } from "./prepared.ts";

/** JSON Feed 1.1, with captions and credits of pictures under `_storywire`. */
export function writeJsonFeed(document: PreparedDocument): string {
  // JSON Feed has no type in `feed`: it is what json1() wrote.
  const written = JSON.parse(skeleton(document).json1()) as { items: Record<string, unknown>[] } & Record<
    string,
    unknown
  >;
  const { items, ...head } = written;
  const finished = {
    ...head,
    version: "https://jsonfeed.org/version/1.1",
    language: document.language,
    _storywire: { about: document.homeUrl },
    items: document.entries.map((entry, index) => finishItem(items[index] ?? {}, entry)),
  };
  return `${JSON.stringify(finished, null, 1)}\n`;
}

function skeleton(document: PreparedDocument): Feed {
  const feed = new Feed({
    id: document.urn,
    title: document.title,
    description: document.description,
    link: document.homeUrl,
    feedLinks: { json: document.selfUrls.json },
    copyright: "",
  });
  for (const entry of document.entries) feed.addItem(item(entry));
  return feed;
}

function item(entry: PreparedEntry) {
  const image = entry.images.find(({ role, url }) => role === "lead" && url !== undefined);
  return {
    id: entry.urn,
    title: entry.title,
    link: entry.link ?? "",
    date: new Date(entry.updatedAt ?? entry.publishedAt),
    published: new Date(entry.publishedAt),
    ...(image?.url === undefined ? {} : { image: image.url }),
    ...(entry.categories.length === 0 ? {} : { category: entry.categories.map(({ name }) => ({ name })) }),
  };
}

function finishItem(written: Record<string, unknown>, entry: PreparedEntry): Record<string, unknown> {
  const { date_modified, ...rest } = written;
  return withoutUndefined({
    ...rest,
    ...contentOf(entry),
    date_modified: entry.updatedAt === undefined ? undefined : date_modified,
    date_published: rfc3339(entry.publishedAt),
    language: entry.language,
    authors:
      entry.authors.length === 0 ? undefined : entry.authors.map(({ name, url }) => withoutUndefined({ name, url })),
    attachments: entry.enclosures.length === 0 ? undefined : entry.enclosures.map(attachment),
    _storywire: jsonExtension(entry),
  });
}

/** JSON Feed `content_html` or `content_text` (one is required), and `summary` where it says something else. */
function contentOf(entry: PreparedEntry): Record<string, string> {
  const summary = entry.summary === "" ? {} : { summary: entry.summary };
  if (entry.contentHtml !== undefined) return { ...summary, content_html: entry.contentHtml };
  if (entry.summaryHasMarkup) return { ...summary, content_html: entry.summaryHtml };
  return { content_text: entry.summary || entry.title };
}

function attachment(enclosure: PreparedEntry["enclosures"][number]): Record<string, unknown> {
  return withoutUndefined({
    url: enclosure.url,
    mime_type: enclosure.type,
    size_in_bytes: enclosure.lengthBytes,
    duration_in_seconds: enclosure.durationSeconds,
  });
}

function withoutUndefined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
