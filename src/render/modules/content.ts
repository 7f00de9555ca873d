import type { Element } from "@xmldom/xmldom";
import type { PreparedEntry } from "../prepared.ts";
import { appendHtml } from "../xml.ts";

/**
 * RSS `description` and content:encoded. The summary is the description and stands before the content (RSS Profile);
 * a story with content and no summary has its content there. Both are HTML.
 */
export function addRssContent(item: Element, entry: PreparedEntry): void {
  const description = entry.summaryHtml || (entry.contentHtml ?? "");
  if (description !== "") appendHtml(item, "description", {}, description);
  if (entry.contentHtml !== undefined && entry.summaryHtml !== "") {
    appendHtml(item, "content:encoded", {}, entry.contentHtml);
  }
}
