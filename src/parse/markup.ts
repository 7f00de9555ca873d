import { foldText, htmlToText } from "../html/text.ts";
import { VOID } from "./vocabulary.ts";
import type { XmlElement, XmlNode } from "./xml-tree.ts";

/** A run of text in a feed: plain, or HTML with what its relative references resolve against. */
export type FeedText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "html"; readonly html: string; readonly base: string | undefined };

/** Attributes that hold addresses; written absolute where an inner xml:base says other than the text's own. */
const ADDRESSES = new Set(["href", "src", "cite", "poster", "longdesc", "background", "action", "data"]);

/** Elements as HTML, in document order, without the prefixes they had. */
function writeHtml(nodes: readonly XmlNode[], base: string | undefined): string {
  let html = "";
  for (const node of nodes) html += typeof node === "string" ? escapeText(node) : writeElement(node, base);
  return html;
}

function writeElement(element: XmlElement, base: string | undefined): string {
  const name = element.name.slice(element.name.indexOf(":") + 1);
  let html = `<${name}`;
  for (const [key, value = ""] of Object.entries(element.attributes)) {
    if (key.startsWith("xmlns") || key === "xml:base") continue;
    const moved = element.base !== base && ADDRESSES.has(key) && element.base !== undefined;
    html += ` ${key}="${escapeText(moved ? (URL.parse(value, element.base)?.href ?? value) : value).replaceAll('"', "&quot;")}"`;
  }
  if (VOID.has(name)) return `${html}>`;
  return `${html}>${writeHtml(element.children, base)}</${name}>`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const MARKUP = /<[a-z/!?][^<>]*>|&(?:#\d{1,8}|#x[\da-f]{1,8}|[a-z]\w{1,31});/i;

/** Whether a text of a format that does not say so was meant as HTML. */
function looksLikeHtml(text: string): boolean {
  return MARKUP.test(text);
}

const HAS_TAG = /<[a-z/]/i;

/** The formats whose rules differ for texts, links and dates. */
export type FeedFormat = "rss" | "atom" | "rdf" | "cdf";

/** What a text construct says; null where it is empty. RFC 4287 §3.1 and §4.1.3.3, Atom 0.3 §3.1, RSS 2.0. */
export function readText(element: XmlElement | undefined, format: FeedFormat): FeedText | null {
  if (element === undefined) return null;
  const type = (element.attributes.type ?? "").trim().toLowerCase();
  if (isBase64(element, type)) return readBase64(element, type);
  const { base } = element;
  if (element.hasElements) return { kind: "html", html: writeHtml(unwrap(element), base).trim(), base };
  const text = element.text.trim();
  if (text === "") return null;
  const html = format === "atom" || element.name.startsWith("atom:") ? isAtomHtml(type, text) : isLooseHtml(type, text);
  return html ? { kind: "html", html: text, base } : { kind: "text", text };
}

/** RFC 4287 §3.1.1.3: the `div` around XHTML is no part of it. */
function unwrap(element: XmlElement): readonly XmlNode[] {
  const nodes = element.children.filter((child) => typeof child !== "string" || child.trim() !== "");
  const [only] = nodes;
  if (nodes.length !== 1 || typeof only !== "object" || !/^(?:xhtml:)?div$/.test(only.name)) return element.children;
  return only.base === element.base ? only.children : element.children;
}

function isAtomHtml(type: string, text: string): boolean {
  if (type === "html" || type === "text/html") return true;
  return /xhtml|xml$/.test(type) && looksLikeHtml(text);
}

function isLooseHtml(type: string, text: string): boolean {
  return type !== "text/plain" && looksLikeHtml(text);
}

const TEXT_TYPE = /^$|^text|^x?html$|xml$/;

/** Atom 0.3 §3.1.2 says so; in RFC 4287 §4.1.3.3 every type that is neither text nor XML is. */
function isBase64(element: XmlElement, type: string): boolean {
  if ((element.attributes.mode ?? "").trim().toLowerCase() === "base64") return true;
  return type.includes("/") && !TEXT_TYPE.test(type) && /^[\sA-Za-z0-9+/=]{8,}$/.test(element.text);
}

function readBase64(element: XmlElement, type: string): FeedText | null {
  const text = Buffer.from(element.text, "base64").toString("utf8").trim();
  if (text === "") return null;
  return /html|xml/.test(type) || (!type.startsWith("text/") && looksLikeHtml(text))
    ? { kind: "html", html: text, base: element.base }
    : { kind: "text", text };
}

/** A text as one line without markup: titles, names, tags. */
export function lineOf(text: FeedText | null): string {
  if (text === null) return "";
  if (text.kind === "text") return foldText(text.text);
  return HAS_TAG.test(text.html) || text.html.includes("&") ? htmlToText(text.html) : foldText(text.html);
}

/**
 * A name or tag without markup. One that decoding would turn into markup stays as it is written, as names are put into
 * pages by readers that do not expect any.
 */
export function nameOf(written: string): string {
  const name = htmlToText(written);
  return HAS_TAG.test(name) ? foldText(written) : name;
}
