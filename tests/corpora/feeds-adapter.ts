/** Comparator's JSON lines ({path, url, contentType}) straight through decode, parseFeed and sanitize. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import sanitizeHtml from "sanitize-html";
import { ParseError } from "../../src/errors.ts";
import { sanitize as own } from "../../src/html/sanitize.ts";
import type { DateInterval } from "../../src/model/date.ts";
import type { SafeHtml, UntrustedHtml } from "../../src/model/html.ts";
import type { ParsedItem } from "../../src/model/parsed.ts";
import { resolveWebUrl } from "../../src/model/url.ts";
import { parseFeed } from "../../src/parse/parse.ts";
import { decode } from "../../src/text/decode.ts";

const tags = [
  ...sanitizeHtml.defaults.allowedTags,
  "img",
  "center",
  "font",
  "details",
  "summary",
  "video",
  "audio",
  "source",
  "picture",
  "map",
  "area",
  "big",
  "strike",
  "tt",
  "del",
  "ins",
  "dir",
  "acronym",
  "q",
  "samp",
];
function other(html: string, options: { readonly baseUrl?: string }): string {
  const absolute = (name: string, attribs: Record<string, string>) => {
    for (const key of ["href", "src", "cite", "poster"]) {
      const value = attribs[key];
      if (value !== undefined) attribs[key] = URL.parse(value, options.baseUrl)?.href ?? value;
    }
    return { tagName: name, attribs };
  };
  return sanitizeHtml(html, {
    allowedTags: tags,
    allowedAttributes: { "*": ["href", "src", "alt", "title", "cite", "poster"] },
    allowedSchemes: ["http", "https", "mailto", "ftp", "data", "urn", "tag", "magnet", "irc", "news"],
    transformTags: { "*": absolute },
  });
}
const sanitize = process.env["SANITIZER"] === "other" ? other : own;
const safe = (html: UntrustedHtml | SafeHtml | undefined): string | undefined =>
  html === undefined || typeof html === "string"
    ? html
    : sanitize(html.untrusted, { ...(html.baseUrl === undefined ? {} : { baseUrl: html.baseUrl }) });
const escapeText = (text: string | undefined) => text?.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const instant = (date: DateInterval | undefined) =>
  date === undefined ? undefined : new Date(date.from ?? date.to).toISOString();

function shape(item: ParsedItem): object {
  return {
    id: item.guid,
    title: item.title,
    link: item.url,
    published: instant(item.published),
    updated: instant(item.updated),
    summary: safe(item.summaryHtml) ?? escapeText(item.summary),
    contentHtml: safe(item.contentHtml),
    authors: item.authors,
    categories: item.tags,
    enclosures: item.enclosures.map((each) => ({ url: each.url, type: each.type, length: each.lengthBytes })),
    image: (item.images.find(({ role }) => role === "lead") ?? item.images[0])?.url,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "") continue;
  const { path, url: requested, contentType, headers } = JSON.parse(line);
  const url: string = resolveWebUrl(headers?.["content-location"], requested) ?? requested;
  try {
    const { text } = decode(readFileSync(path), { contentType, markup: "xml" });
    const parsed = parseFeed(text, {
      url,
      ...(headers?.["content-language"] === undefined ? {} : { language: headers["content-language"] }),
      timeZone: "UTC",
      capturedAt: Date.UTC(2026, 0, 1),
    });
    const description = parsed.feed.description;
    const feed = {
      ...parsed.feed,
      description:
        description === undefined
          ? undefined
          : /<[a-z/!]/i.test(description)
            ? sanitize(description, url === undefined ? {} : { baseUrl: url })
            : description,
    };
    process.stdout.write(`${JSON.stringify({ path, feed, items: parsed.items.map(shape) })}\n`);
  } catch (error) {
    if (!(error instanceof ParseError)) console.error(path, error);
    process.stdout.write(
      `${JSON.stringify({ path, error: error instanceof ParseError ? error.code : String(error) })}\n`,
    );
  }
}
