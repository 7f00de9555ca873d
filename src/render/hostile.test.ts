import fc from "fast-check";
import { parseAtomFeed, parseJsonFeed, parseRssFeed } from "feedsmith";
import RssParser from "rss-parser";
import { describe, expect, it } from "vitest";
import { hostileDocuments } from "../../tests/support/hostile-documents.ts";
import type { FeedDocument, FormatName } from "../model/feed.ts";
import { checkDocument } from "./check.ts";
import { formats } from "./formats.ts";
import { prepareDocument } from "./prepared.ts";
import { renderDocument } from "./render.ts";

/** With 8 entries each on average, 2,000 stories. */
const JUDGED_RUNS = 250;
const READ_RUNS = 100;
/** After every date of the documents. */
const NOW = Date.UTC(2026, 0, 1);

/** What every reader must see of an entry, in any format. */
interface Seen {
  readonly guid: string;
  readonly title: string;
  readonly link: string | undefined;
  readonly publishedAt: number;
}

function expected(document: FeedDocument, format: FormatName): Seen[] {
  return prepareDocument(document).entries.map(({ urn, title, link, publishedAt }) => ({
    guid: urn,
    title,
    // RSS links take no brackets: a host that is an IPv6 address cannot be named there.
    link: format === "rss" && link?.includes("[") ? undefined : link,
    publishedAt: format === "rss" ? Math.floor(publishedAt / 1000) * 1000 : publishedAt,
  }));
}

const rssParser = new RssParser();

async function readByRssParser(text: string): Promise<Seen[]> {
  const { items } = await rssParser.parseString(text);
  return items.map((item) => ({
    guid: String(item.guid ?? item.id),
    title: item.title ?? "",
    link: item.link,
    publishedAt: Date.parse(item.isoDate ?? "") || Date.parse(item.pubDate ?? ""),
  }));
}

/** feedsmith trims nothing that we wrote and gives every field as it stands. */
const READ_BY_FEEDSMITH: Readonly<Record<FormatName, (text: string) => Seen[]>> = {
  rss: (text) =>
    (parseRssFeed(text).items ?? []).map((item) => ({
      guid: item.guid?.value ?? "",
      title: item.title ?? "",
      link: item.link,
      publishedAt: Date.parse(item.pubDate ?? ""),
    })),
  atom: (text) =>
    (parseAtomFeed(text).entries ?? []).map((item) => ({
      guid: item.id ?? "",
      title: typeof item.title === "string" ? item.title : (item.title?.value ?? ""),
      link: item.links?.find(({ rel }) => rel === "alternate")?.href,
      publishedAt: Date.parse(item.published ?? ""),
    })),
  json: (text) =>
    (parseJsonFeed(text).items ?? []).map((item) => ({
      guid: item.id ?? "",
      title: item.title ?? "",
      link: item.url,
      publishedAt: Date.parse(item.date_published ?? ""),
    })),
};

describe.each(["rss", "atom", "json"] as const)("a %s document of hostile stories", (format) => {
  it("breaks no rule, whatever the stories hold", () => {
    fc.assert(
      fc.property(hostileDocuments({ entriesMax: 16 }), (document) => {
        const { text, faults } = renderDocument(document, format);
        expect(faults).toEqual([]);
        const { mediaType } = formats[format];
        const findings = checkDocument(text, format, { selfUrl: document.selfUrls[format], mediaType, now: NOW });
        expect(findings.filter(({ level }) => level !== "info")).toEqual([]);
      }),
      { numRuns: JUDGED_RUNS },
    );
  });

  it("is read by feedsmith with every id, title, link and date", () => {
    fc.assert(
      fc.property(hostileDocuments(), (document) => {
        expect(READ_BY_FEEDSMITH[format](renderDocument(document, format).text)).toEqual(expected(document, format));
      }),
      { numRuns: READ_RUNS },
    );
  });

  it("is the same text when it is rendered again from an equal document", () => {
    fc.assert(
      fc.property(hostileDocuments({ entriesMax: 3 }), (document) => {
        expect(renderDocument(structuredClone(document), format)).toEqual(renderDocument(document, format));
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(["rss", "atom"] as const)("a %s document of hostile stories", (format) => {
  it("is read by rss-parser with every id, title, link and date", async () => {
    await fc.assert(
      fc.asyncProperty(hostileDocuments(), async (document) => {
        expect(await readByRssParser(renderDocument(document, format).text)).toEqual(expected(document, format));
      }),
      { numRuns: READ_RUNS },
    );
  });
});
