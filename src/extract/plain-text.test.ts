import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DateInterval } from "../model/date.ts";
import type { ParsedItem } from "../model/parsed.ts";
import { extractDocument } from "./extract.ts";

const GOLDEN = new URL("../../tests/golden/text/", import.meta.url);
const CONTEXT = {
  url: "file:///news.txt",
  contentType: "text/plain",
  timeZone: "UTC",
  capturedAt: Date.parse("2024-05-09T12:00:00Z"),
};

function extract(text: string): readonly ParsedItem[] {
  return extractDocument(text, CONTEXT, { kind: "auto", more: true }).items;
}

function dayOf(date: DateInterval | undefined): string | undefined {
  return date && new Date(((date.from ?? date.to) + date.to) / 2).toISOString().slice(0, 10);
}

/** What a golden pair tells of an item: only what is there. */
function told(item: ParsedItem): object {
  const { title, url, summary, authors, images, contentHtml } = item;
  return JSON.parse(
    JSON.stringify({
      title,
      url,
      summary,
      published: dayOf(item.published),
      updated: dayOf(item.updated),
      authors: authors.length > 0 ? authors.map(({ name }) => name) : undefined,
      images: images.length > 0 ? images.map(({ alt, caption, credit }) => ({ alt, caption, credit })) : undefined,
      contentHtml,
    }),
  );
}

const names = readdirSync(fileURLToPath(GOLDEN)).filter((name) => name.endsWith(".txt"));

describe("plain text documents", () => {
  it.each(names)("golden text %s", (name) => {
    const expected = JSON.parse(readFileSync(new URL(name.replace(/txt$/, "json"), GOLDEN), "utf8"));
    expect(extract(readFileSync(new URL(name, GOLDEN), "utf8")).map(told)).toEqual(expected);
  });

  it.each([
    ["one endless line", "word ".repeat(400_000)],
    ["many lines in brackets", "(".repeat(450).concat("\n").repeat(5_000)],
    ["one line of brackets", "[".repeat(5_000_000)],
    ["many dashes", `${"- ".repeat(220)}\n`.repeat(5_000)],
    ["many headings", "# a\n".repeat(10_000)],
    ["many fields", `Title: x\n${"Field: value\n".repeat(10_000)}`],
    ["many dated lines", "A bridge for toads - 3 May 2024\n".repeat(5_000)],
  ])("%s take little time", (_name, text) => {
    const started = process.cpuUsage();
    try {
      extract(text);
    } catch {
      // A coded error is an answer too.
    }
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(3000);
  });
});
