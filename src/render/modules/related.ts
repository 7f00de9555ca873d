import type { Element } from "@xmldom/xmldom";
import type { PreparedEntry } from "../prepared.ts";
import { append } from "../xml.ts";

/** RFC 4287 §4.2.7.2 `link rel="related"`: the publisher's own address of a story that is linked to at another. */
export function addAtomRelated(element: Element, { relatedUrl }: PreparedEntry): void {
  if (relatedUrl !== undefined) append(element, "link", { rel: "related", type: "text/html", href: relatedUrl });
}
