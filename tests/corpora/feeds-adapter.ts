/** Comparator's JSON lines ({path, url, contentType}) straight through decode, parseFeed and sanitize. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { ParseError } from "../../src/errors.ts";
import { sanitize } from "../../src/html/sanitize.ts";
import type { DateInterval } from "../../src/model/date.ts";
import type { SafeHtml, UntrustedHtml } from "../../src/model/html.ts";
import type { ParsedItem } from "../../src/model/parsed.ts";
import { parseFeed } from "../../src/parse/parse.ts";
import { decode } from "../../src/text/decode.ts";

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
  const { path, url, contentType } = JSON.parse(line);
  try {
    const { text } = decode(readFileSync(path), { contentType, markup: "xml" });
    const parsed = parseFeed(text, { url, timeZone: "UTC", capturedAt: Date.UTC(2026, 0, 1) });
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
