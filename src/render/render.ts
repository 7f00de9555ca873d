import type { FeedDocument, FormatName } from "../model/feed.ts";
import type { Fault } from "../model/parsed.ts";
import { formats } from "./formats.ts";

/**
 * A feed as a document of the given format: the same input gives the same text, always. An entry that cannot be
 * expressed is left out with a fault (`item` is its place in the feed); the feed never fails for it. Fault codes:
 * `duplicate_entry`, `entry_inexpressible`.
 */
export function renderDocument(
  document: FeedDocument,
  format: FormatName,
): { readonly text: string; readonly faults: readonly Fault[] } {
  return formats[format].write(document);
}
