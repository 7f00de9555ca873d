import type { Element } from "@xmldom/xmldom";
import type { PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** RFC 4287 §4.2.1 `author`: everyone who wrote the story. */
export function addAtomAuthors(element: Element, entry: PreparedEntry): void {
  for (const { name, url, email } of entry.authors) {
    const author = append(element, "author");
    append(author, "name", {}, name);
    if (url !== undefined) append(author, "uri", {}, url);
    if (email !== undefined) append(author, "email", {}, email);
  }
}
