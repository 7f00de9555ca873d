import { DOMParser, type Document, type Element, XMLSerializer } from "@xmldom/xmldom";

/** The namespaces our documents use, under the prefixes that readers and validators know them by. */
export const NAMESPACES = {
  atom: "http://www.w3.org/2005/Atom",
  content: "http://purl.org/rss/1.0/modules/content/",
  dc: "http://purl.org/dc/elements/1.1/",
  media: "http://search.yahoo.com/mrss/",
  sy: "http://purl.org/rss/1.0/modules/syndication/",
  xml: "http://www.w3.org/XML/1998/namespace",
  xmlns: "http://www.w3.org/2000/xmlns/",
} as const;

type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * Characters that mean something to XML, and the noncharacter each travels as while `feed`, xml-js, the DOM and the
 * serializer handle it. None of them knows how to escape in every place (xml-js escapes one `]]>` of several and no
 * attribute), so nothing is left for them to escape. Cleaned text holds no noncharacter, so each stands for itself only.
 */
const SHIELDS = { "&": "\uFDD0", "<": "\uFDD1", ">": "\uFDD2", '"': "\uFDD3" } as const;

/** Hexadecimal: what tells the W3C validator that `<` and `&` are meant as characters in RSS plain text. */
const REFERENCES: Readonly<Record<string, string>> = {
  "\uFDD0": "&#x26;",
  "\uFDD1": "&#x3C;",
  "\uFDD2": "&#x3E;",
  "\uFDD3": "&#x22;",
};

/** Cleaned text in a form that passes every writer unharmed; `serializeXml` turns it into character references. */
export function shield(text: string): string {
  // The pattern matches the table's keys only.
  return /[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (character) => SHIELDS[character as "&"]) : text;
}

/** Reads what `feed` wrote from shielded values; throws ParseError where that is not well-formed. */
export function parseXml(text: string): Document {
  // Shielded values hold no line break, so every one here is layout.
  return new DOMParser({ locator: false, normalizeLineEndings: (source) => source }).parseFromString(
    text.replace(/\n +/g, "\n"),
    "application/xml",
  );
}

/** Writes the tree and puts character references where shielded characters stand. */
export function serializeXml(document: Document): string {
  const text = new XMLSerializer().serializeToString(document);
  return `${text.replace(/[\uFDD0-\uFDD3]/g, (character) => REFERENCES[character] ?? "")}\n`;
}

/** Sets attributes on an element, those without a value left out. Values are clean text; they are shielded here. */
export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, shield(String(value)));
  }
}

/**
 * Appends an element on a line of its own. A prefixed name stands in the namespace of its prefix, a bare one in the
 * namespace of its parent. Text and attribute values are clean text; they are shielded here.
 */
export function append(parent: Element, name: string, attributes: Attributes = {}, text?: string): Element {
  const document = owner(parent);
  const prefix = name.includes(":") ? name.slice(0, name.indexOf(":")) : undefined;
  // Callers name prefixes of the table only.
  const namespace = prefix === undefined ? parent.namespaceURI : NAMESPACES[prefix as keyof typeof NAMESPACES];
  const element = document.createElementNS(namespace, name);
  setAttributes(element, attributes);
  if (text !== undefined) element.appendChild(document.createTextNode(shield(text)));
  if (parent.firstChild === null) parent.appendChild(document.createTextNode("\n"));
  parent.appendChild(element);
  parent.appendChild(document.createTextNode("\n"));
  return element;
}

/** Puts an element with text on a line of its own before another one; after all, where there is none. */
export function prepend(parent: Element, place: Element | undefined, name: string, text: string): void {
  const element = append(parent, name, {}, text);
  if (place === undefined) return;
  parent.insertBefore(element, place);
  parent.insertBefore(owner(parent).createTextNode("\n"), place);
  // The line break that came with it stays behind.
  if (parent.lastChild !== null) parent.removeChild(parent.lastChild);
}

/** Appends an element that carries HTML: in CDATA where it has markup (the serializer splits `]]>`). */
export function appendHtml(parent: Element, name: string, attributes: Attributes, html: string): Element {
  if (!/[<&]/.test(html)) return append(parent, name, attributes, html);
  const element = append(parent, name, attributes);
  element.appendChild(owner(parent).createCDATASection(html));
  return element;
}

/** Makes `text` all that an element holds. */
export function setText(element: Element, text: string): void {
  while (element.firstChild !== null) element.removeChild(element.firstChild);
  element.appendChild(owner(element).createTextNode(shield(text)));
}

/** The child elements of that qualified name, in order. */
export function children(parent: Element, name: string): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    // Element nodes (type 1) are Elements; the DOM types do not narrow by nodeType.
    if (node.nodeType === 1 && node.nodeName === name) found.push(node as Element);
  }
  return found;
}

/** The one child element of that name which `feed` always writes. */
export function child(parent: Element, name: string): Element {
  const [found] = children(parent, name);
  if (found === undefined) throw new Error(`Cannot finish <${parent.nodeName}>: it has no <${name}>`);
  return found;
}

/** Declares prefixes of the table on the document's root. */
export function declareNamespaces(root: Element, prefixes: readonly (keyof typeof NAMESPACES)[]): void {
  for (const prefix of prefixes) root.setAttributeNS(NAMESPACES.xmlns, `xmlns:${prefix}`, NAMESPACES[prefix]);
}

function owner(element: Element): Document {
  if (element.ownerDocument === null) throw new Error(`Cannot build on <${element.nodeName}>: it is in no document`);
  return element.ownerDocument;
}
