import { type Document, Element } from "domhandler";
import { parse, parseFragment } from "parse5";
import { adapter } from "parse5-htmlparser2-tree-adapter";
import { ParseError } from "../errors.ts";

/**
 * What one page may hold. Real news pages have up to some 12,000 elements, nested some 60 deep.
 * @internal Tests use it by itself.
 */
export const HTML_LIMITS = { charactersMax: 9_000_000, elementsMax: 60_000, depthMax: 1500 } as const;

/**
 * The one parse of a page: a WHATWG tree in domhandler's nodes (htmlparser2, domutils, css-select read it). Throws
 * `ParseError` with the codes `too_large`, `too_many_elements`, `too_deep` where HTML_LIMITS are passed.
 */
export function parseHtml(html: string): Document {
  return parse(checkedLength(html), { treeAdapter: limitedAdapter() });
}

/** A fragment as it would stand in `body`; the same limits. */
export function parseHtmlFragment(html: string): Document {
  return parseFragment(checkedLength(html), { treeAdapter: limitedAdapter() }) as Document;
}

function checkedLength(html: string): string {
  if (html.length <= HTML_LIMITS.charactersMax) return html;
  const wanted = `at most ${HTML_LIMITS.charactersMax}`;
  throw new ParseError(`Cannot parse an HTML document of ${html.length} characters: wanted ${wanted}`, {
    code: "too_large",
  });
}

/** Counts while the tree grows: a hostile page ends the parse, not the process. */
function limitedAdapter(): typeof adapter {
  let elements = 0;
  let depth = 0;
  return {
    ...adapter,
    createElement: (tagName, namespaceUri, attributes) => {
      if (++elements > HTML_LIMITS.elementsMax) throw tooMuch("elements", HTML_LIMITS.elementsMax, "too_many_elements");
      return createElement(tagName, namespaceUri, attributes);
    },
    getAttrList: (element) => Object.entries(element.attribs).map(([name, value]) => ({ name, value })),
    adoptAttributes: (recipient, attributes) => {
      for (const { name, value } of attributes) recipient.attribs[name] ??= value;
    },
    onItemPush: () => {
      if (++depth > HTML_LIMITS.depthMax) throw tooMuch("levels of elements", HTML_LIMITS.depthMax, "too_deep");
    },
    onItemPop: () => {
      depth--;
    },
  };
}

/** As the adapter does, without the attributes' namespaces and prefixes: nobody asks for them, and they are most of a page's memory. */
function createElement(...[tagName, namespaceUri, attributes]: Parameters<typeof adapter.createElement>): Element {
  const attribs: Record<string, string> = {};
  for (const { name, value } of attributes) attribs[name] = value;
  const element = new Element(tagName, attribs, []);
  element.namespace = namespaceUri;
  return element;
}

function tooMuch(what: string, max: number, code: string): ParseError {
  return new ParseError(`Cannot parse the HTML document: more than ${max} ${what}`, { code });
}
