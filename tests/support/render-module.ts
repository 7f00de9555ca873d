import type { Element } from "@xmldom/xmldom";
import type { FeedDocument } from "../../src/model/feed.ts";
import type { Story } from "../../src/model/story.ts";
import { type PreparedEntry, prepareDocument } from "../../src/render/prepared.ts";
import { declareNamespaces, parseXml, serializeXml } from "../../src/render/xml.ts";
import { feedDocument } from "./feed-documents.ts";

/** The story as modules get it. */
export function preparedEntry(story: Story, given: Partial<FeedDocument> = {}): PreparedEntry {
  const [entry] = prepareDocument(feedDocument([story], given)).entries;
  if (entry === undefined) throw new Error("the entry was left out");
  return entry;
}

/** The lines that a module writes into an empty element. */
export function linesOf(write: (element: Element) => void, empty = "<item/>"): string[] {
  const document = parseXml(empty);
  if (document.documentElement === null) throw new Error("no root");
  declareNamespaces(document.documentElement, ["atom", "content", "dc", "media", "sy"]);
  write(document.documentElement);
  return serializeXml(document).trim().split("\n").slice(1, -1);
}
