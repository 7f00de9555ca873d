import type { FeedDocument, FormatName } from "../model/feed.ts";
import type { Fault } from "../model/parsed.ts";
import { writeAtom } from "./atom.ts";
import { writeJsonFeed } from "./json-feed.ts";
import { type PreparedDocument, prepareDocument } from "./prepared.ts";
import { writeRss } from "./rss.ts";

interface Format {
  /** What stands after the dot of the address. */
  readonly suffix: string;
  readonly mediaType: string;
  /** The document, and what was left out of it. */
  readonly write: (document: FeedDocument) => { readonly text: string; readonly faults: readonly Fault[] };
}

/** The formats we publish, each with its writer. */
export const formats: Readonly<Record<FormatName, Format>> = {
  rss: { suffix: "rss", mediaType: "application/rss+xml; charset=utf-8", write: writer(writeRss) },
  atom: { suffix: "atom", mediaType: "application/atom+xml; charset=utf-8", write: writer(writeAtom) },
  json: { suffix: "json", mediaType: "application/feed+json; charset=utf-8", write: writer(writeJsonFeed) },
};

function writer(write: (document: PreparedDocument) => string): Format["write"] {
  return (document) => {
    const prepared = prepareDocument(document);
    return { text: write(prepared), faults: prepared.faults };
  };
}
