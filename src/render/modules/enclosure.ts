import type { Element } from "@xmldom/xmldom";
import type { PreparedEnclosure, PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** Hosts that validators accept in an RSS enclosure: with a dot, without `_`, user name or brackets. */
const ENCLOSURE_URL = /^https?:\/\/(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*(?::\d+)?\//;

/**
 * RSS 2.0 `enclosure`: one an item, the first that the rules allow, length 0 where it is unknown. Answers those that
 * have to go elsewhere.
 */
export function addRssEnclosure(item: Element, entry: PreparedEntry): readonly PreparedEnclosure[] {
  const enclosure = entry.enclosures.find(({ url }) => ENCLOSURE_URL.test(url));
  if (enclosure === undefined) return entry.enclosures;
  const { url, type, lengthBytes } = enclosure;
  append(item, "enclosure", { url, length: lengthBytes ?? 0, type });
  return entry.enclosures.filter((other) => other !== enclosure);
}

/** RFC 4287 §4.2.7.2 `link rel="enclosure"`: as many as there are. */
export function addAtomEnclosures(element: Element, entry: PreparedEntry): void {
  for (const { url, type, lengthBytes } of entry.enclosures) {
    append(element, "link", { rel: "enclosure", type, length: lengthBytes, href: url });
  }
}
