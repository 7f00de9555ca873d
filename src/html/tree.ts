import type { Document } from "domhandler";
import { parse, parseFragment } from "parse5";
import { adapter } from "parse5-htmlparser2-tree-adapter";

/** The one parse of a page: a WHATWG tree in domhandler's nodes (htmlparser2, domutils, css-select read it). */
export function parseHtml(html: string): Document {
  return parse(html, { treeAdapter: adapter });
}

/** A fragment as it would stand in `body`. */
export function parseHtmlFragment(html: string): Document {
  return parseFragment(html, { treeAdapter: adapter }) as Document;
}
