import type { Element } from "@xmldom/xmldom";
import { checkMedia } from "./check-media.ts";
import {
  AHEAD_MS,
  checkDateTime,
  checkHtml,
  checkLanguage,
  checkMediaType,
  checkUrl,
  checkWholeNumber,
  holdsClosingTag,
  holdsReference,
  isCanonicalId,
} from "./check-values.ts";
import { checkNoText, childrenByName, placeOfElement, rawTextOf, textOf, type XmlSource } from "./check-xml.ts";
import { type Report, shown } from "./findings.ts";
import { NAMESPACES } from "./xml.ts";

type Named = ReadonlyMap<string, readonly Element[]>;

const ONCE = new Set([
  "id",
  "title",
  "updated",
  "published",
  "subtitle",
  "summary",
  "content",
  "rights",
  "source",
  "generator",
  "icon",
  "logo",
]);
const FEED_ELEMENTS = new Set([
  "author",
  "category",
  "contributor",
  "generator",
  "icon",
  "id",
  "link",
  "logo",
  "rights",
  "subtitle",
  "title",
  "updated",
  "entry",
]);
const ENTRY_ELEMENTS = new Set([
  "author",
  "category",
  "content",
  "contributor",
  "id",
  "link",
  "published",
  "rights",
  "source",
  "summary",
  "title",
  "updated",
]);
/** IANA link relations that feed validators know; any other must be a URI. */
const RELATIONS = new Set([
  "alternate",
  "current",
  "describedby",
  "edit",
  "edit-media",
  "enclosure",
  "first",
  "hub",
  "last",
  "license",
  "next",
  "next-archive",
  "payment",
  "prev-archive",
  "previous",
  "related",
  "replies",
  "search",
  "self",
  "service",
  "up",
  "via",
]);
/** RFC 5005: of feeds, not of entries. */
const PAGING = new Set(["current", "first", "last", "next", "next-archive", "prev-archive", "previous"]);

/** The rules for Atom 1.0 (RFC 4287), with paging and archives (RFC 5005) and Media RSS. */
export function checkAtom(report: Report, source: XmlSource): void {
  const feed = source.root;
  for (const prefix of ["atom", "xhtml"]) {
    if (feed.hasAttribute(`xmlns:${prefix}`)) {
      report.warning("namespace-prefix", `Readers stumble over the prefix ${prefix} in Atom`, placeOfElement(feed));
    }
  }
  checkLanguages(report, feed, source);
  if (feed.localName === "entry") checkEntry(report, feed, { ids: new Set(), updated: new Set() }, source, false);
  else checkFeed(report, feed, source);
}

function checkLanguages(report: Report, feed: Element, source: XmlSource): void {
  const language = feed.getAttributeNS(NAMESPACES.xml, "lang");
  if (!language) report.info("language-missing", "feed has no xml:lang", placeOfElement(feed));
  for (const element of [feed, ...Array.from(source.document.getElementsByTagNameNS(NAMESPACES.atom, "entry"))]) {
    const value = element.getAttributeNS(NAMESPACES.xml, "lang");
    if (value) checkLanguage(report, "xml:lang", value, placeOfElement(element));
  }
}

function checkFeed(report: Report, feed: Element, source: XmlSource): void {
  const named = childrenByName(feed, NAMESPACES.atom);
  checkNoText(report, feed);
  checkNames(report, named, FEED_ELEMENTS);
  checkRequired(report, feed, named);
  checkCommon(report, named, source);
  for (const id of named.get("id") ?? []) checkId(report, id);
  for (const name of ["icon", "logo"]) {
    for (const image of named.get(name) ?? []) checkUrl(report, name, textOf(image), placeOfElement(image), "any");
  }
  checkFeedLinks(report, feed, named);
  checkOrder(report, feed);
  const taken = { ids: new Set<string>(), updated: new Set<string>() };
  for (const entry of named.get("entry") ?? []) checkEntry(report, entry, taken, source, named.has("author"));
}

function checkEntry(
  report: Report,
  entry: Element,
  taken: { readonly ids: Set<string>; readonly updated: Set<string> },
  source: XmlSource,
  feedHasAuthor: boolean,
): void {
  const named = childrenByName(entry, NAMESPACES.atom);
  const place = () => placeOfElement(entry);
  checkNoText(report, entry);
  checkNames(report, named, ENTRY_ELEMENTS);
  checkRequired(report, entry, named);
  checkCommon(report, named, source);
  const [origin] = named.get("source") ?? [];
  const originHasAuthor = origin !== undefined && childrenByName(origin, NAMESPACES.atom).has("author");
  if (!feedHasAuthor && !named.has("author") && !originHasAuthor) {
    report.error("atom-author", "Neither the entry nor the feed has an author", place());
  }
  for (const id of named.get("id") ?? []) {
    checkId(report, id);
    checkDistinct(report, id, taken.ids, "id-duplicate");
  }
  for (const updated of named.get("updated") ?? []) checkDistinct(report, updated, taken.updated, "updated-duplicate");
  checkContent(report, entry, named, source);
  if (origin !== undefined) checkSource(report, origin, source);
  checkMedia(report, named);
}

function checkDistinct(report: Report, element: Element, taken: Set<string>, rule: string): void {
  const value = textOf(element);
  if (taken.has(value)) {
    report.warning(rule, `${element.nodeName} ${shown(value)} stands in another entry, too`, placeOfElement(element));
  }
  taken.add(value);
}

function checkContent(report: Report, entry: Element, named: Named, source: XmlSource): void {
  const [content] = named.get("content") ?? [];
  const place = placeOfElement(content ?? entry);
  if (content === undefined) {
    if (!named.has("summary")) report.warning("atom-content", "entry has neither content nor summary", place);
    if (!(named.get("link") ?? []).some((link) => relationOf(link) === "alternate")) {
      report.error("atom-content", "entry has neither content nor a link to what it is about", place);
    }
    return;
  }
  const src = content.getAttribute("src");
  if (src) {
    checkUrl(report, "src", src, place, "any");
    if (!named.has("summary")) report.error("atom-content", "content elsewhere wants a summary", place);
    return;
  }
  const type = content.getAttribute("type") || "text";
  if (["text", "html", "xhtml"].includes(type)) checkText(report, content, source);
  else checkMediaType(report, "type", type, place);
}

function checkNames(report: Report, named: Named, known: ReadonlySet<string>): void {
  for (const [name, [first, second]] of named) {
    if (first === undefined || name.includes(":")) continue;
    if (!known.has(name)) report.error("atom-element", `Atom has no element ${name} here`, placeOfElement(first));
    if (second !== undefined && ONCE.has(name)) {
      report.error("duplicate-element", `${name} stands twice`, placeOfElement(second));
    }
  }
}

function checkRequired(report: Report, parent: Element, named: Named): void {
  for (const name of ["id", "title", "updated"]) {
    if (!named.has(name)) report.error("atom-required", `${parent.nodeName} has no ${name}`, placeOfElement(parent));
  }
}

/** What feed and entry have in common. */
function checkCommon(report: Report, named: Named, source: XmlSource): void {
  for (const name of ["title", "subtitle", "summary", "rights"]) {
    for (const text of named.get(name) ?? []) checkText(report, text, source);
  }
  for (const name of ["updated", "published"]) {
    for (const date of named.get(name) ?? []) {
      checkDateTime(report, name, rawTextOf(date), AHEAD_MS.atom, placeOfElement(date));
    }
  }
  for (const name of ["author", "contributor"]) {
    for (const person of named.get(name) ?? []) checkPerson(report, person);
  }
  for (const category of named.get("category") ?? []) checkCategory(report, category);
  const alternates = new Set<string>();
  for (const link of named.get("link") ?? []) checkLink(report, link, alternates);
}

/** RFC 4287 §3.1: `text` unless it says `html` or `xhtml`. */
function checkText(report: Report, element: Element, source: XmlSource): void {
  const type = element.getAttribute("type") || "text";
  const value = rawTextOf(element);
  const place = placeOfElement(element);
  if (value.trim() === "" && type !== "xhtml") report.warning("blank", `${element.nodeName} is blank`, place);
  else if (type === "html") checkHtml(report, element.nodeName, value, place);
  else if (type === "text") {
    if (holdsClosingTag(value) || (holdsReference(value) && !source.hexadecimal(element))) {
      report.warning("plain-text", `${element.nodeName} is plain text, but has markup: ${shown(value)}`, place);
    }
  } else if (type !== "xhtml") {
    report.error("atom-text-type", `type is ${shown(type)}, wanted text, html or xhtml`, place);
  } else if (childrenOfXhtml(element) !== 1) {
    report.error("atom-xhtml", "xhtml wants one div", place);
  }
}

function childrenOfXhtml(element: Element): number {
  return childrenByName(element, NAMESPACES.atom).get("xhtml:div")?.length ?? 0;
}

function checkId(report: Report, id: Element): void {
  const place = placeOfElement(id);
  const value = rawTextOf(id);
  if (value.trim() !== value) report.error("id-white-space", "id begins or ends with white space", place);
  if (checkUrl(report, "id", value.trim(), place, "absolute") && !isCanonicalId(value.trim())) {
    report.warning("id-canonical", `id is not in its normal form (RFC 3986 §6): ${shown(value)}`, place);
  }
}

function checkPerson(report: Report, person: Element): void {
  const named = childrenByName(person, NAMESPACES.atom);
  const place = placeOfElement(person);
  const [name] = named.get("name") ?? [];
  if (name === undefined) report.error("atom-person", `${person.nodeName} has no name`, place);
  else if (textOf(name) === "") report.warning("blank", "name is blank", place);
  else if (holdsClosingTag(textOf(name))) report.warning("plain-text", "name is plain text, but has markup", place);
  for (const uri of named.get("uri") ?? []) checkUrl(report, "uri", rawTextOf(uri), place, "any");
  for (const email of named.get("email") ?? []) {
    if (!/^[^\s@<>()]+@[A-Za-z0-9][A-Za-z0-9.-]+$/.test(textOf(email))) {
      report.error("atom-person", `email is no address: ${shown(textOf(email))}`, place);
    }
  }
}

function checkCategory(report: Report, category: Element): void {
  const place = placeOfElement(category);
  const term = category.getAttribute("term");
  const scheme = category.getAttribute("scheme");
  if (term === null) report.error("atom-category", "category has no term", place);
  else if (term.trim() === "") report.warning("blank", "term is blank", place);
  if (scheme) checkUrl(report, "scheme", scheme, place, "absolute");
  if (holdsClosingTag(category.getAttribute("label") ?? "")) {
    report.warning("plain-text", "label is plain text, but has markup", place);
  }
}

function relationOf(link: Element): string {
  return link.getAttribute("rel") || "alternate";
}

function checkLink(report: Report, link: Element, alternates: Set<string>): void {
  const place = placeOfElement(link);
  const attribute = (name: string) => link.getAttribute(name) || undefined;
  const [href, type, length, hreflang] = ["href", "type", "length", "hreflang"].map(attribute);
  const relation = relationOf(link);
  if (href === undefined) report.error("atom-link", "link has no href", place);
  else checkUrl(report, "href", href, place, hasBase(link) ? "any" : "absolute");
  if (!RELATIONS.has(relation) && !/^[a-z][a-z0-9+.-]*:/i.test(relation)) {
    report.warning("atom-link-relation", `rel ${shown(relation)} is not registered`, place);
  }
  if (type !== undefined) checkMediaType(report, "type", type, place);
  if (relation === "self" && type !== undefined && !/^application\/(?:atom|rss|rdf)\+xml/.test(type)) {
    report.warning("self-type", `The self link's type is ${shown(type)}`, place);
  }
  if (length !== undefined) checkWholeNumber(report, "length", length, 0, place);
  if (hreflang !== undefined) checkLanguage(report, "hreflang", hreflang, place);
  if (PAGING.has(relation) && link.parentNode?.nodeName === "entry") {
    report.warning("atom-link-paging", `rel ${relation} is of feeds, not of entries`, place);
  }
  if (textOf(link) !== "") report.warning("atom-link", "link has text", place);
  if (relation !== "alternate") return;
  const kind = `${type ?? ""} ${hreflang ?? ""}`;
  if (alternates.has(kind)) report.error("atom-alternate", "Two alternates have one type and language", place);
  alternates.add(kind);
}

function hasBase(element: Element): boolean {
  for (let node: Element | null = element; node !== null; ) {
    if (node.hasAttributeNS(NAMESPACES.xml, "base")) return true;
    node = node.parentNode?.nodeType === 1 ? (node.parentNode as Element) : null; // type 1: an element
  }
  return false;
}

function checkFeedLinks(report: Report, feed: Element, named: Named): void {
  const place = placeOfElement(feed);
  const relations = (named.get("link") ?? []).map(relationOf);
  const self = (named.get("link") ?? []).find((link) => relationOf(link) === "self");
  if (self === undefined) report.warning("self-missing", 'feed has no link rel="self"', place);
  else if (report.selfUrl !== undefined && self.getAttribute("href") !== report.selfUrl) {
    report.warning("self-elsewhere", `The self link is not ${report.selfUrl}`, placeOfElement(self));
  }
  if (named.has("fh:complete")) {
    const paging = relations.find((relation) => PAGING.has(relation) && relation !== "current");
    if (paging !== undefined) report.error("archive-complete", `A complete feed has no link ${paging}`, place);
  } else if (named.has("fh:archive")) {
    if (!relations.includes("prev-archive") && !relations.includes("next-archive")) {
      report.warning("archive-links", "An archive links to its neighbours", place);
    }
    if (!relations.includes("current")) report.warning("archive-links", "An archive links to the current feed", place);
  }
}

/** Metadata stand before the first entry. */
function checkOrder(report: Report, feed: Element): void {
  let entries = false;
  for (let node = feed.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType !== 1 || (node as Element).namespaceURI !== NAMESPACES.atom) continue; // type 1: an element
    if (node.nodeName === "entry") entries = true;
    else if (entries) {
      report.error("metadata-order", `${node.nodeName} stands behind an entry`, placeOfElement(node as Element));
    }
  }
}

/** RFC 4287 §4.2.11: a source keeps the id, title and date of the feed it tells of. */
function checkSource(report: Report, origin: Element, source: XmlSource): void {
  const named = childrenByName(origin, NAMESPACES.atom);
  for (const name of ["id", "title", "updated"]) {
    if (!named.has(name)) report.warning("atom-source", `source has no ${name}`, placeOfElement(origin));
  }
  checkNames(report, named, FEED_ELEMENTS);
  checkCommon(report, named, source);
  for (const id of named.get("id") ?? []) checkId(report, id);
}
