/** Elements that hold elements only: text between their children is white space or junk. */
export const CONTAINERS: ReadonlySet<string> = new Set([
  "rss",
  "feed",
  "rdf:rdf",
  "channel",
  "item",
  "entry",
  "image",
  "items",
  "textinput",
  "skiphours",
  "skipdays",
  "media:group",
  "media:content",
  "itunes:owner",
]);

/** Elements whose text may be HTML, escaped or as elements. */
const TEXT_CONSTRUCTS: ReadonlySet<string> = new Set([
  "title",
  "description",
  "summary",
  "content",
  "content:encoded",
  "subtitle",
  "tagline",
  "info",
  "rights",
  "copyright",
  "generator",
  "dc:title",
  "dc:description",
  "dc:rights",
  "dcterms:abstract",
  "atom:title",
  "atom:summary",
  "atom:content",
  "atom:subtitle",
  "atom:rights",
  "media:title",
  "media:description",
  "media:text",
  "itunes:summary",
  "itunes:subtitle",
  "itunes:title",
  "xhtml:body",
  "body",
  "fullitem",
  "abstract",
]);

export function isTextConstruct(name: string): boolean {
  return TEXT_CONSTRUCTS.has(name);
}

/** Elements with plain values; none of them holds another element of a feed's own. */
const LEAVES: ReadonlySet<string> = new Set([
  "link",
  "guid",
  "id",
  "pubdate",
  "lastbuilddate",
  "updated",
  "published",
  "issued",
  "modified",
  "created",
  "category",
  "comments",
  "enclosure",
  "language",
  "managingeditor",
  "webmaster",
  "ttl",
  "docs",
  "url",
  "uri",
  "name",
  "email",
  "docs",
  "logo",
  "icon",
  "dc:creator",
  "dc:date",
  "dc:subject",
  "dc:publisher",
  "dc:language",
]);

/** Elements that hold the parts of a person, and nothing else (RFC 4287 §3.2). */
const PERSONS: ReadonlySet<string> = new Set(["author", "contributor", "atom:author", "atom:contributor"]);
const PERSON_PARTS: ReadonlySet<string> = new Set(["name", "email", "uri", "url", "homepage"]);

export function isPart(container: string, name: string): boolean {
  return PERSONS.has(container) && PERSON_PARTS.has(name.replace(/^atom:/, ""));
}

/** Whether an element ends, its end tag missing, where the next element of the feed begins. */
export function endsAtNext(name: string): boolean {
  return TEXT_CONSTRUCTS.has(name) || LEAVES.has(name) || PERSONS.has(name);
}

/** Names of feeds that no HTML has: inside a text they show that its end tag is missing. */
const FEED_ONLY: ReadonlySet<string> = new Set([
  "url",
  "uri",
  "name",
  "email",
  "width",
  "height",
  "subtitle",
  "tagline",
  "copyright",
  "rights",
  "contributor",
  "created",
  "cloud",
  "docs",
  "rating",
  "textinput",
  "logo",
  "icon",
  "pubdate",
  "guid",
  "lastbuilddate",
  "managingeditor",
  "webmaster",
  "skiphours",
  "skipdays",
  "enclosure",
  "ttl",
  "category",
  "comments",
  "id",
  "updated",
  "published",
  "issued",
  "modified",
  "author",
  "generator",
  "description",
  "language",
  "content:encoded",
  "dc:creator",
  "dc:date",
  "dc:subject",
  "dc:publisher",
  "dc:rights",
  "dc:language",
]);

/** Names that HTML has too: right below a text, and bare, they are the feed's. */
const AMBIGUOUS: ReadonlySet<string> = new Set(["title", "link", "summary", "content", "image"]);

const FEED_PREFIX = /^(?:atom|dc|dcterms|content|media|itunes|podcast|slash|wfw|sy|feedburner|georss|geo|thr):/;

export function isItem(name: string): boolean {
  return name === "item" || name === "entry";
}

/** Whether an element may stand in a container; false too for what is no container. */
export function holds(container: string, name: string): boolean {
  if (isPart(container, name)) return true;
  if (!CONTAINERS.has(container)) return false;
  return !isItem(name) || ITEM_HOLDERS.has(container);
}

const ITEM_HOLDERS: ReadonlySet<string> = new Set(["rss", "feed", "rdf:rdf", "channel", "items"]);

/** Whether an element that begins inside a text (`directly`: with nothing open between) cannot belong to it. */
export function closesText(name: string, directly: boolean): boolean {
  return FEED_ONLY.has(name) || isItem(name) || FEED_PREFIX.test(name) || (directly && AMBIGUOUS.has(name));
}

/** HTML §13.1.2: elements without content. */
export const VOID: ReadonlySet<string> = new Set(
  [
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "param",
    "source",
    "track",
    "wbr",
  ].flatMap((name) => [name, `xhtml:${name}`]),
);

/** HTML §13.1.2.4: elements whose end tag is left out before the next of their kind. */
export const IMPLIED_END: ReadonlySet<string> = new Set(["p", "li", "tr", "td", "th", "dt", "dd", "option"]);
