import Parser from "rss-parser";
import { ParseError } from "../errors.ts";
import type { DocumentContext, Fault, ParsedFeed } from "../model/parsed.ts";
import { readFacts } from "./facts.ts";
import { FieldList, isField } from "./fields.ts";
import { readHints } from "./hints.ts";
import { readItems } from "./items.ts";
import type { FeedFormat } from "./markup.ts";
import { parseXmlTree, XmlElement, type XmlTree } from "./xml-tree.ts";

/**
 * RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, and CDF. The tree is ours, as rss-parser's own reader gives up at the first
 * fault of a document; rss-parser maps it on to a feed and its items. Codes: `not_a_feed` and those of the tree.
 */
export function parseXml(text: string, context: DocumentContext): ParsedFeed {
  const tree = parseXmlTree(text, context.url);
  const found = findFeed(tree);
  if (found === null) throw notAFeed(tree);
  const { feed, items } = mapFeed(found);
  const facts = readFacts(feed, found.format, context);
  const read = readItems(items, found.format, { ...context, language: facts.language });
  const faults = tree.cut ? [cutShort(text, found)] : [];
  return {
    format: found.format,
    feed: facts,
    items: read.items,
    hints: readHints(feed),
    ...(feed.has("fh:complete") ? { complete: true } : {}),
    faults: [...faults, ...read.faults],
  };
}

/** The document ends before its root does; `item` where it ends within its last item, which is then not whole. */
function cutShort(text: string, { items }: FoundFeed): Fault {
  const fault = { code: "cut_short", message: "The document ends before its root does" };
  const name = items.at(-1)?.name;
  if (name === undefined) return fault;
  const tags = [...text.matchAll(new RegExp(`<(/?)(?:[\\w.-]{1,40}:)?${name}(?=[\\s/>])`, "gi"))];
  return tags.at(-1)?.[1] === "/" ? fault : { ...fault, item: items.length - 1 };
}

function notAFeed(tree: XmlTree): ParseError {
  const found = tree.html ? "an HTML page" : (tree.root.elements[0]?.name ?? "no element");
  return new ParseError(
    `Cannot parse the document as a feed: found ${found}; wanted: an RSS, RDF, Atom, CDF or JSON Feed document`,
    { code: "not_a_feed" },
  );
}

// ------------------------------------------------------------------------------------------------- where the items are

interface FoundFeed {
  readonly format: FeedFormat;
  readonly element: XmlElement;
  /** Elements of the feed itself, wherever they stood. */
  readonly fields: readonly XmlElement[];
  readonly items: readonly XmlElement[];
}

function findFeed(tree: XmlTree): FoundFeed | null {
  const { root } = tree;
  if (root.name === "feed") return gatherFeed("atom", root, ["entry", "item"]);
  if (root.name === "rss") return gatherFeed("rss", root, ["item", "entry"]);
  if (root.name === "rdf:rdf") return gatherFeed("rdf", root, ["item"]);
  return tree.html ? null : findLooseFeed(root);
}

/** A feed whose root is lost: a channel, or items, below something else. */
function findLooseFeed(root: XmlElement): FoundFeed | null {
  const channel = findFirst(root, CHANNEL)?.element;
  if (channel?.attributes.href !== undefined) return gatherFeed("cdf", channel, ["item"]);
  if (channel !== undefined) return gatherFeed("rss", channel, ["item"]);
  const found = findFirst(root, ITEMS);
  if (found === null) return null;
  const { element, parent } = found;
  return gatherFeed(element.name === "entry" ? "atom" : "rss", parent, [element.name]);
}

const CHANNEL: ReadonlySet<string> = new Set(["channel"]);
const ITEMS: ReadonlySet<string> = new Set(["item", "entry"]);

/** The first element of a name, in document order, and what it stands in. */
function findFirst(
  parent: XmlElement,
  names: ReadonlySet<string>,
): { readonly element: XmlElement; readonly parent: XmlElement } | null {
  for (const element of parent.elements) {
    const found = names.has(element.name) ? { element, parent } : findFirst(element, names);
    if (found !== null) return found;
  }
  return null;
}

/** Elements that only hold fields and items: what stands in them counts as if it stood in the feed. */
const WRAPPERS = new Set(["channel", "items"]);

function gatherFeed(format: FeedFormat, element: XmlElement, itemNames: readonly string[]): FoundFeed {
  const fields: XmlElement[] = [];
  const items: XmlElement[] = [];
  const gather = (parent: XmlElement) => {
    for (const child of parent.elements) {
      if (itemNames.includes(child.name)) items.push(child);
      else if (WRAPPERS.has(child.name)) gather(child);
      else fields.push(child);
    }
  };
  gather(element);
  const channel = element.elements.find((child) => child.name === "channel");
  return { format, element: channel ?? element, fields, items };
}

// ----------------------------------------------------------------------------------------------------------- rss-parser

/** The shape xml2js gives rss-parser: lists of elements by name, attributes under `$`. */
type Shape = Record<string, unknown>;

/**
 * What rss-parser's `parseString` calls once its XML reader is done; undocumented, so the version is pinned and a test
 * guards them. Called directly they answer at once, and a new Parser for each document shares no state with others.
 */
interface Mapper {
  buildAtomFeed(document: { readonly feed: Shape }): MappedFeed;
  buildRSS2(document: { readonly rss: Shape }): MappedFeed;
}

interface MappedFeed {
  readonly items: readonly Mapped[];
  readonly [field: string]: unknown;
}
type Mapped = Readonly<Record<string, unknown>>;

/**
 * Fields go under private names: rss-parser would compute a `contentSnippet` of some (in quadratic time), and lose the
 * feed over a date it cannot read in others. They come back as lists through `customFields`.
 */
const PRIVATE = "storywire:";
/** The private name of the `channel`, `feed`, `item` or `entry` itself. */
const ITSELF = `${PRIVATE}itself`;

function mapFeed(found: FoundFeed): { readonly feed: FieldList; readonly items: readonly FieldList[] } {
  const names = new Set<string>([ITSELF]);
  const feed = shapeOf(found.element, found.fields, names);
  const items = found.items.map((item) => shapeOf(item, item.elements, names));
  // The casts: lists are documented for items and work for feeds alike; the seam is described above.
  const custom = Array.from(names, (name) => [name, name, { keepArray: true }]) as unknown as [];
  const mapper = new Parser({ customFields: { feed: custom, item: custom } }) as unknown as Mapper;
  const mapped =
    found.format === "atom"
      ? mapper.buildAtomFeed({ feed: { ...feed, entry: items } })
      : mapper.buildRSS2({ rss: { $: { version: "2.0" }, channel: [{ ...feed, item: items }] } });
  return { feed: listFields(mapped, names), items: mapped.items.map((item) => listFields(item, names)) };
}

function shapeOf(element: XmlElement, children: readonly XmlElement[], names: Set<string>): Shape {
  const shape: Record<string, XmlElement[] | undefined> = { [ITSELF]: [element] };
  for (const child of children) {
    if (!isField(child.name)) continue;
    const key = PRIVATE + child.name;
    const list = shape[key];
    if (list !== undefined) list.push(child);
    else {
      shape[key] = [child];
      names.add(key);
    }
  }
  return shape;
}

function listFields(mapped: Mapped, names: ReadonlySet<string>): FieldList {
  const fields = new Map<string, readonly XmlElement[]>();
  for (const name of names) {
    // The cast: what stands under a private name is what shapeOf put there.
    const list = mapped[name] as readonly XmlElement[] | undefined;
    if (list !== undefined) fields.set(name.slice(PRIVATE.length), list);
  }
  return new FieldList(fields.get("itself")?.[0] ?? new XmlElement("", "", {}, null), fields);
}
