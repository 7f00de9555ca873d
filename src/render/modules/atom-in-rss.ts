import type { Element } from "@xmldom/xmldom";
import { rfc3339 } from "../clean.ts";
import type { PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** When the story last changed: RSS has no element for it, Atom's is the one that readers know (RFC 4287 §4.2.15). */
export function addAtomUpdated(item: Element, entry: PreparedEntry): void {
  if (entry.updatedAt !== undefined) append(item, "atom:updated", {}, rfc3339(entry.updatedAt));
}
