import { expect, it } from "vitest";
import { parseFeed } from "./parse.ts";

const context = { url: "https://town.example/feed", timeZone: "UTC", capturedAt: 0 };
const item = (number: number) => `<item><title>Story ${number}</title><guid>story-${number}</guid></item>`;
const head = '<rss version="2.0"><channel><title>Town</title>';

it.each([
  ["within its last item", `${head}${item(1)}<item><title>Sto`, 1],
  ["within an end tag", `${head}${item(1)}<item><title>Story 2</title></it`, 1],
  ["after its last item", `${head}${item(1)}${item(2)}`, undefined],
  ["before any item", head, undefined],
])("tells of a document that ends %s which item is not whole", (_name, text, cutItem) => {
  const fault = parseFeed(text, context).faults.find(({ code }) => code === "cut_short");
  expect(fault?.item).toBe(cutItem);
  expect(fault).toBeDefined();
});

it("says of a feed that calls itself complete that it is (RFC 5005 §2), whatever its prefix", () => {
  const complete = '<h:complete xmlns:h="http://purl.org/syndication/history/1.0"/>';
  expect(parseFeed(`${head}${complete}${item(1)}</channel></rss>`, context).complete).toBe(true);
  expect(parseFeed(`${head}${item(1)}</channel></rss>`, context).complete).toBeUndefined();
});
