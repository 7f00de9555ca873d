import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadConfiguration } from "../src/config/settings.ts";
import { parseDocument } from "../src/poll/read.ts";

const top = join(import.meta.dirname, "..");
const { sources } = await loadConfiguration({ configDir: "config", feedsDir: "feeds", env: {}, cwd: top });

/** What a sample source says, as its first visit would find it. */
async function itemsOf(id: string) {
  const source = sources.find((candidate) => candidate.id === id);
  if (source === undefined) throw new Error(`The sample has no source ${id}`);
  const { items } = await parseDocument({
    bytes: await readFile(fileURLToPath(source.url)),
    url: source.documentUrl ?? source.url,
    kind: source.kind,
    timeZone: source.timeZone,
    capturedAt: source.capturedAt ?? Date.UTC(2025, 8, 19),
    listing: source.listing,
    more: source.more,
    known: new Set(),
  });
  return items;
}

test("the sample's article page yields the article with its pictures, and five more stories with their days", async () => {
  const [article, ...more] = await itemsOf("lantern-article");
  expect(article).toMatchObject({
    kind: "article",
    title: expect.stringMatching(/^Brackenferry's chain ferry to run again/),
    summary: expect.stringMatching(/^The boat was laid up in 2014/),
    authors: [{ name: "Ottoline Pennyfold" }],
    section: "Town",
  });
  expect(article?.images.map(({ credit }) => credit)).toEqual([
    "Ivo Tarrant-Bell/Lantern Pictures",
    "Marisol Hendry-Vane/Lantern Pictures",
    "Ivo Tarrant-Bell/Lantern Pictures",
  ]);
  expect(more.map(({ kind, published }) => [kind, published?.text])).toEqual([
    ["listed", "1 day ago"],
    ["listed", "2 days ago"],
    ["listed", "3 days ago"],
    ["listed", "5 days ago"],
    ["listed", "Sep 11, 2025"],
  ]);
});

test("the sample's listing page yields its four cards, and no other link", async () => {
  const items = await itemsOf("lantern-culture");
  expect(items.map(({ kind, url }) => [kind, url?.replace("https://lantern.example/culture/", "")])).toEqual([
    ["listed", "opera-on-a-barge"],
    ["listed", "brass-band-without-brass"],
    ["listed", "longest-novel-in-the-library"],
    ["listed", "museum-of-lost-gloves"],
  ]);
  for (const { summary, published, images } of items) {
    expect(summary).not.toBe("");
    expect(published?.precision).toBe("day");
    expect(images).toHaveLength(1);
  }
});

test("the sample's feed yields three episodes with text and sound", async () => {
  const items = await itemsOf("lantern-podcast");
  expect(items.map(({ enclosures }) => enclosures[0]?.type)).toEqual(["audio/mpeg", "audio/mpeg", "audio/mpeg"]);
  for (const { contentHtml } of items) expect(contentHtml).toBeDefined();
});
