import type { Element } from "@xmldom/xmldom";
import type { PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** RSS 2.0 `category`: the story's section and tags, `domain` telling which it is. */
export function addRssCategories(item: Element, entry: PreparedEntry): void {
  for (const { name, scheme } of entry.categories) append(item, "category", { domain: scheme }, name);
}

/** RFC 4287 §4.2.2 `category`: without a term it is invalid, without a label some readers show none. */
export function addAtomCategories(element: Element, entry: PreparedEntry): void {
  for (const { name, scheme } of entry.categories) append(element, "category", { term: name, scheme, label: name });
}
