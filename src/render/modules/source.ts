import type { Element } from "@xmldom/xmldom";
import { rfc3339 } from "../clean.ts";
import type { PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** RSS 2.0 `source`: whom the item came from. */
export function addRssSource(item: Element, entry: PreparedEntry): void {
  if (entry.source !== undefined) append(item, "source", { url: entry.source.url }, entry.source.title);
}

/** RFC 4287 §4.2.11: whom the entry came from, with the id, title and date that a feed must have. */
export function addAtomSource(element: Element, entry: PreparedEntry): void {
  if (entry.source === undefined) return;
  const { urn, title, url, selfUrl, updatedAt } = entry.source;
  const source = append(element, "source");
  append(source, "id", {}, urn);
  append(source, "title", {}, title);
  append(source, "updated", {}, rfc3339(updatedAt));
  append(source, "link", { rel: "alternate", href: url });
  if (selfUrl !== undefined) append(source, "link", { rel: "self", href: selfUrl });
}
