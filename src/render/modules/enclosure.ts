import type { Element } from "@xmldom/xmldom";
import type { PreparedEnclosure, PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** Hosts that validators accept in an RSS enclosure: with a dot, without `_`, user name or brackets. */
const ENCLOSURE_URL = /^https?:\/\/(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*(?::\d+)?\//;

/** RSS takes one enclosure an item: the first that its rules allow, and what has to go elsewhere. */
export function splitRssEnclosures(entry: PreparedEntry): {
  readonly enclosure: PreparedEnclosure | undefined;
  readonly others: readonly PreparedEnclosure[];
} {
  const enclosure = entry.enclosures.find(({ url }) => ENCLOSURE_URL.test(url));
  return { enclosure, others: entry.enclosures.filter((other) => other !== enclosure) };
}

/** RFC 4287 §4.2.7.2 `link rel="enclosure"`: as many as there are. */
export function addAtomEnclosures(element: Element, entry: PreparedEntry): void {
  for (const { url, type, lengthBytes } of entry.enclosures) {
    append(element, "link", { rel: "enclosure", type, length: lengthBytes, href: url });
  }
}
