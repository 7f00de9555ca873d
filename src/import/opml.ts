import { DOMParser, type Element, onErrorStopParsing } from "@xmldom/xmldom";
import { ParseError } from "../errors.ts";
import { selectorOfXPath } from "./xpath.ts";

/** What one OPML file may hold. */
const OPML_LIMITS = { charactersMax: 8_000_000, outlinesMax: 20_000, depthMax: 100, tagsMax: 64 } as const;
const REQUEST_FIELDS_MAX = 64;

/** Where FreshRSS writes what OPML has no word for. */
const FRSS = "https://freshrss.org/opml";

/** A subscription of an OPML file, as a source is written in our files; nothing in it is judged yet. */
export interface Subscription {
  readonly url: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly kind?: "listing";
  readonly listing?: Readonly<Record<string, string>>;
  readonly userAgent?: string;
  readonly proxy?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  /** What the file says of it and no source can say. */
  readonly lost: readonly string[];
}

/**
 * The subscriptions of an OPML document (OPML 1.0 and 2.0), in its order; outlines around one and its `category` become
 * tags. Pages that FreshRSS scrapes (`frss:xPath…`) become listings with selectors, what it is to ask with
 * (`frss:CURLOPT_…`) headers, cookies, user agent and proxy. Throws ParseError: `too_large`, `too_deep`,
 * `too_many_outlines`, `not_opml`, `no_subscriptions`.
 */
export function parseOpml(text: string, concerns: string): readonly Subscription[] {
  const refuse = (code: string, why: string) =>
    new ParseError(`Cannot read ${concerns} as OPML: ${why}`, { code, concerns });
  if (text.length > OPML_LIMITS.charactersMax)
    throw refuse("too_large", `it is ${text.length} characters long; wanted: at most ${OPML_LIMITS.charactersMax}`);
  const root = parseRoot(text, refuse);
  if (root.localName?.toLowerCase() !== "opml") throw refuse("not_opml", `it is a document of <${root.nodeName}>`);
  const subscriptions: Subscription[] = [];
  let outlines = 0;
  const pending = childrenOf(root)
    .filter(({ localName }) => localName === "body")
    .flatMap(childrenOf)
    .map((element) => ({ element, groups: [] as readonly string[] }))
    .toReversed();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { element, groups } = next;
    if (element.localName !== "outline") continue;
    if (++outlines > OPML_LIMITS.outlinesMax)
      throw refuse("too_many_outlines", `it has more than ${OPML_LIMITS.outlinesMax} outlines`);
    if (groups.length > OPML_LIMITS.depthMax) throw refuse("too_deep", `more than ${OPML_LIMITS.depthMax} levels`);
    const subscription = toSubscription(element, groups);
    if (subscription !== null) subscriptions.push(subscription);
    const within = subscription === null ? [...groups, nameOf(element)] : groups;
    pending.push(
      ...childrenOf(element)
        .map((child) => ({ element: child, groups: within }))
        .toReversed(),
    );
  }
  if (subscriptions.length === 0) throw refuse("no_subscriptions", "no outline in it has an xmlUrl");
  return subscriptions;
}

function parseRoot(text: string, refuse: (code: string, why: string) => ParseError): Element {
  try {
    const { documentElement } = new DOMParser({ onError: onErrorStopParsing }).parseFromString(
      text.replace(/^\uFEFF/, "").trimStart(),
      "application/xml",
    );
    if (documentElement !== null) return documentElement;
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw refuse("not_opml", `it is not well-formed XML (${line.slice(0, 200)})`);
  }
  throw refuse("not_opml", "it is empty");
}

function childrenOf(element: Element): readonly Element[] {
  return [...element.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

function nameOf(element: Element): string {
  return cleaned(element.getAttribute("title") || element.getAttribute("text"));
}

function toSubscription(element: Element, groups: readonly string[]): Subscription | null {
  const url = attributeOf(element, "xmlUrl");
  if (url === "") return null;
  const categories = attributeOf(element, "category").split(/[,/]/);
  const tags = [...groups, ...categories].map((text) => cleaned(text).replaceAll("/", " ").slice(0, 64).trim());
  return {
    url,
    title: nameOf(element),
    tags: [...new Set(tags.filter((text) => text !== ""))].slice(0, OPML_LIMITS.tagsMax),
    ...scrapingOf(element),
  };
}

/** Programs differ in how they write xmlUrl. */
function attributeOf(element: Element, name: string): string {
  const found = [...element.attributes].find((attribute) => attribute.name.toLowerCase() === name.toLowerCase());
  return found?.value.trim() ?? "";
}

/** Our selectors, by what FreshRSS calls them. */
const SELECTORS: Readonly<Record<string, string>> = {
  xPathItem: "items",
  xPathItemTitle: "title",
  xPathItemUri: "link",
  xPathItemTimestamp: "date",
  xPathItemThumbnail: "image",
  xPathItemContent: "summary",
};

/** How FreshRSS asks for a page, as far as a source can say it; null: it cannot. */
const REQUESTS: Readonly<Record<string, (value: string) => Partial<Subscription> | null>> = {
  CURLOPT_USERAGENT: (userAgent) => ({ userAgent }),
  CURLOPT_PROXY: (proxy) => (/^https?:\/\//i.test(proxy) ? { proxy } : null),
  CURLOPT_HTTPHEADER: (lines) => fieldsOf("headers", lines.split(/[\r\n]+/), ":"),
  CURLOPT_COOKIE: (cookies) => fieldsOf("cookies", cookies.split(";"), "="),
};

/** `name: value` each; null where one is something else. */
function fieldsOf(
  name: "headers" | "cookies",
  parts: readonly string[],
  between: string,
): Partial<Subscription> | null {
  const told = parts.map((part) => part.trim()).filter((part) => part !== "");
  const fields = told.map((part) => {
    const at = part.indexOf(between);
    return at < 1 ? null : ([part.slice(0, at).trim(), part.slice(at + 1).trim()] as const);
  });
  if (fields.length === 0 || fields.length > REQUEST_FIELDS_MAX) return null;
  const known = fields.filter((field) => field !== null);
  return known.length === fields.length ? { [name]: Object.fromEntries(known) } : null;
}

function scrapingOf(
  element: Element,
): Pick<Subscription, "kind" | "listing" | "lost" | "userAgent" | "proxy" | "headers" | "cookies"> {
  const written = [...element.attributes].filter(({ namespaceURI, value }) => namespaceURI === FRSS && value !== "");
  const type = attributeOf(element, "type");
  const lost: string[] = [];
  const listing: Record<string, string> = {};
  let request: Partial<Subscription> = {};
  for (const { localName, value } of written) {
    const asked = REQUESTS[localName ?? ""]?.(value) ?? null;
    if (asked !== null) {
      request = { ...request, ...asked };
      continue;
    }
    const ours = SELECTORS[localName ?? ""];
    const selector = ours === undefined ? null : selectorOfXPath(value);
    if (ours === undefined || selector === null) lost.push(`frss:${localName} ${JSON.stringify(value.slice(0, 200))}`);
    else listing[ours] = selector;
  }
  if (/^(?:rss\d*|atom\d*|link|)$/i.test(type) && listing.items === undefined) return { ...request, lost };
  if (listing.items === undefined) return { ...request, lost: [`type ${JSON.stringify(type)}`, ...lost] };
  return { ...request, kind: "listing", listing, lost };
}

function cleaned(text: string | null): string {
  return (text ?? "").replace(/[\s\p{Cc}]+/gu, " ").trim();
}
