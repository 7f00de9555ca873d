import type { Element } from "@xmldom/xmldom";
import type { PreparedEntry } from "../prepared.ts";
import { append, appendHtml, child, setText } from "../xml.ts";

/**
 * RFC 4287 §3.1 text constructs, typed: plain text is `text` (the default), only what has markup is `html`. An entry
 * with neither summary nor content has its title for a summary (§4.1.2 wants one of them to be useful).
 */
export function addAtomTexts(element: Element, entry: PreparedEntry): void {
  const title = child(element, "title");
  title.setAttribute("type", "text");
  setText(title, entry.title);
  if (entry.rights !== undefined) append(element, "rights", {}, entry.rights);
  if (entry.summaryHasMarkup) appendHtml(element, "summary", { type: "html" }, entry.summaryHtml);
  else if (entry.summary !== "") append(element, "summary", {}, entry.summary);
  else if (entry.contentHtml === undefined) append(element, "summary", {}, entry.title);
  if (entry.contentHtml !== undefined) appendHtml(element, "content", { type: "html" }, entry.contentHtml);
}
