import type { Element } from "@xmldom/xmldom";
import type { PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** Dublin Core in RSS: each author by name (RSS `author` is for e-mail addresses), the item's own language, its rights. */
export function addDublinCore(item: Element, entry: PreparedEntry): void {
  for (const { name } of entry.authors) append(item, "dc:creator", {}, name);
  if (entry.language !== undefined) append(item, "dc:language", {}, entry.language);
  if (entry.rights !== undefined) append(item, "dc:rights", {}, entry.rights);
}
