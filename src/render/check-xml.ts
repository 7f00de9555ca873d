import { DOMParser, type Document, type Element } from "@xmldom/xmldom";
import { findDoubleEncoded } from "./clean.ts";
import { type Place, type Report, shown } from "./findings.ts";
import { KNOWN_NAMESPACES } from "./known-namespaces.ts";
import { NAMESPACES } from "./xml.ts";

/** What XML 1.0 §2.2 does not allow. */
const NOT_XML = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/;
/** What XML allows and validators take for text that was spoilt. */
const SPOILT = /[\x80-\x9F\uFFFD]/;

/** A document with what the rules ask about its writing. */
export interface XmlSource {
  readonly document: Document;
  readonly root: Element;
  /** The lines that hold a hexadecimal reference, which says that plain text is meant. */
  readonly hexadecimal: (element: Element) => boolean;
}

/**
 * Reads XML: null, with an error in the report, where it is not well-formed (XML 1.0 §2.1, Namespaces in XML §7).
 * Elements know their lines only where they are `located`, which takes half as long again.
 */
export function readXml(text: string, report: Report, located: boolean): XmlSource | null {
  checkCharacters(text, report);
  checkReferences(text, report);
  checkEncodedOnce(text, report);
  checkDeclaration(text, report);
  const complaints: string[] = [];
  try {
    const document = new DOMParser({
      locator: located,
      // XML 1.0 §2.11; the parser's own way is that of XML 1.1, which takes U+2028 for a line break.
      normalizeLineEndings: (source) => (source.includes("\r") ? source.replace(/\r\n?/g, "\n") : source),
      onError: (_level, message) => {
        // U+FFFD is a rule of its own: spoilt text, but well-formed.
        if (!message.startsWith("Unicode replacement character")) complaints.push(message);
      },
    }).parseFromString(text.replace(/^\uFEFF/, ""), "application/xml");
    for (const message of complaints) report.error("xml-well-formed", `Not well-formed: ${message}`);
    if (document.documentElement === null) return null;
    if (document.doctype !== null) report.warning("xml-doctype", "Has a DOCTYPE, which no feed format has");
    for (const element of declaringElements(document.documentElement, text)) checkNamespaces(element, report);
    return { document, root: document.documentElement, hexadecimal: hexadecimalLines(text) };
  } catch (error) {
    // ParseError: not well-formed; its place is in its message.
    report.error("xml-well-formed", `Not well-formed: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

function checkCharacters(text: string, report: Report): void {
  const bad = NOT_XML.exec(text);
  if (bad !== null) {
    report.error("xml-character", `Holds U+${hexadecimal(bad[0])}, which XML does not allow`, placeOf(text, bad.index));
  }
  if (!text.isWellFormed()) report.error("xml-character", "Holds half of a surrogate pair, which no UTF-8 can carry");
  const spoilt = SPOILT.exec(text);
  if (spoilt !== null) {
    report.warning(
      "xml-character",
      `Holds U+${hexadecimal(spoilt[0])}, a mark of spoilt text`,
      placeOf(text, spoilt.index),
    );
  }
}

/** XML 1.0 §2.4 and §4.1, which the parser is lax about: a lone `&`, `]]>` in text, references to what is no character. */
function checkReferences(text: string, report: Report): void {
  for (let start = 0; start < text.length; ) {
    const [open, close] = nextOpaque(text, start);
    const markup = text.slice(start, open);
    const lone = /&(?!(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z_][\w.-]*);)/.exec(markup);
    if (lone !== null) report.error("xml-well-formed", "Not well-formed: a lone &", placeOf(text, start + lone.index));
    const end = findSectionEnd(markup);
    if (end >= 0) report.error("xml-well-formed", "Not well-formed: ]]> in text", placeOf(text, start + end));
    for (const reference of markup.matchAll(/&#(x?)([0-9A-Fa-f]+);/g)) {
      const code = Number.parseInt(reference[2] ?? "", reference[1] === "x" ? 16 : 10);
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || NOT_XML.test(String.fromCodePoint(code))) {
        report.error(
          "xml-character",
          `Refers to ${reference[0]}, which XML does not allow`,
          placeOf(text, start + reference.index),
        );
      }
    }
    start = close;
  }
}

/** Where `]]>` stands in text, -1 where it does not. In the value of an attribute it may stand (XML 1.0 §3.1). */
function findSectionEnd(markup: string): number {
  if (!markup.includes("]]>")) return -1;
  let isText = false;
  for (let at = 0; at < markup.length; at += 1) {
    const character = markup[at];
    if (character === "<") isText = false;
    else if (character === ">" && isText && markup.startsWith("]]", at - 2)) return at - 2;
    else if (character === ">") isText = true;
  }
  return -1;
}

/** Where the next CDATA section or comment begins and ends. */
function nextOpaque(text: string, from: number): [number, number] {
  const opening = /<!(?:\[CDATA\[|--)/g;
  opening.lastIndex = from;
  const found = opening.exec(text);
  if (found === null) return [text.length, text.length];
  const end = text.indexOf(found[0] === "<!--" ? "-->" : "]]>", opening.lastIndex);
  return [found.index, end < 0 ? text.length : end + 3];
}

/** Text where only elements may stand. */
export function checkNoText(report: Report, element: Element): void {
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    // Text nodes are type 3, CDATA sections 4.
    if ((node.nodeType === 3 || node.nodeType === 4) && (node.nodeValue ?? "").trim() !== "") {
      report.error("unexpected-text", `${element.nodeName} holds text`, placeOfElement(element));
      return;
    }
  }
}

function checkEncodedOnce(text: string, report: Report): void {
  const segment = findDoubleEncoded(text);
  if (segment === undefined) return;
  const place = placeOf(text, text.indexOf(segment));
  report.warning("double-encoding", `Holds text that was encoded in UTF-8 twice: ${shown(segment)}`, place);
}

function hexadecimal(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

function placeOf(text: string, index: number): Place {
  const before = text.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function checkDeclaration(text: string, report: Report): void {
  const [declaration] = /^\uFEFF?<\?xml [^>]*\?>/.exec(text) ?? [];
  const encoding = /encoding\s*=\s*["']([^"']*)/.exec(declaration ?? "")?.[1];
  if (encoding === undefined) report.info("xml-declaration", "Has no XML declaration that names its encoding");
  else if (!/^utf-8$/i.test(encoding)) {
    report.warning("xml-encoding", `Is not in UTF-8 but says ${shown(encoding)}`);
  }
}

/** The elements that may declare namespaces: the root, and all where there are more declarations than it has. */
function declaringElements(root: Element, text: string): readonly Element[] {
  const declarations = text.match(/\sxmlns[:=]/g)?.length ?? 0;
  const own = Array.from(root.attributes).filter(({ name }) => /^xmlns(?::|$)/.test(name)).length;
  return declarations <= own ? [root] : [root, ...Array.from(root.getElementsByTagName("*"))];
}

function checkNamespaces(element: Element, report: Report): void {
  for (const attribute of Array.from(element.attributes)) {
    const prefix = attribute.prefix === "xmlns" ? attribute.localName : attribute.name === "xmlns" ? "" : undefined;
    if (prefix === undefined) continue;
    const usual = KNOWN_NAMESPACES.get(attribute.value);
    const place = placeOfElement(element);
    if (attribute.value === NAMESPACES.media.slice(0, -1)) {
      report.error("namespace-media", `Media RSS is ${NAMESPACES.media}, with the slash`, place);
    } else if (usual === undefined) {
      report.warning("namespace-unknown", `Has a namespace that readers do not know: ${shown(attribute.value)}`, place);
    } else if (prefix !== "" && prefix !== usual) {
      report.info("namespace-prefix", `Calls ${attribute.value} ${prefix}; ${usual} is usual`, place);
    }
  }
}

function hexadecimalLines(text: string): (element: Element) => boolean {
  let lines: readonly string[] | undefined;
  return (element) => {
    lines ??= text.split("\n");
    const first = (element.lineNumber ?? 1) - 1;
    const last = first + rawTextOf(element).split("\n").length;
    return lines.slice(first, last).some((line) => line.includes("&#x"));
  };
}

/** Where an element stands: its line and column, and the names that lead to it. */
export function placeOfElement(element: Element): Place {
  return () => findPlace(element);
}

function findPlace(element: Element) {
  const names: string[] = [];
  for (let node: Element | null = element; node !== null; node = parentOf(node)) names.unshift(nameInPath(node));
  const { lineNumber: line, columnNumber: column } = element;
  return {
    path: names.join("/"),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

function parentOf(element: Element): Element | null {
  // The parent of an element is an element (type 1) or the document.
  return element.parentNode?.nodeType === 1 ? (element.parentNode as Element) : null;
}

function nameInPath(element: Element): string {
  if (element.nodeName !== "item" && element.nodeName !== "entry") return element.nodeName;
  let index = 0;
  for (let before = element.previousSibling; before !== null; before = before.previousSibling) {
    if (before.nodeName === element.nodeName) index += 1;
  }
  return `${element.nodeName}[${index}]`;
}

/** An element's name under the usual prefix of its namespace: `media:content`, `title`. */
function usualName(element: Element, home: string | null): string {
  const local = element.localName ?? element.nodeName;
  if (element.namespaceURI === home || element.namespaceURI === null) return local;
  return `${KNOWN_NAMESPACES.get(element.namespaceURI) ?? "unknown"}:${local}`;
}

/** The child elements by usual name, in order. */
export function childrenByName(parent: Element, home: string | null): Map<string, Element[]> {
  const found = new Map<string, Element[]>();
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType !== 1) continue;
    const element = node as Element; // type 1
    const name = usualName(element, home);
    const alike = found.get(name);
    if (alike === undefined) found.set(name, [element]);
    else alike.push(element);
  }
  return found;
}

/** The text of an element as it stands. */
export function rawTextOf(element: Element): string {
  const only = element.firstChild;
  if (only === null) return "";
  // textContent walks the tree; nearly every element holds one text (node type 3) or CDATA section (4).
  if (only.nextSibling === null && (only.nodeType === 3 || only.nodeType === 4)) return only.nodeValue ?? "";
  return element.textContent ?? "";
}

/** The text of an element, white space around it cut off. */
export function textOf(element: Element): string {
  return rawTextOf(element).trim();
}
