import type { Document, Element } from "domhandler";
import { foldText, htmlToText } from "../html/text.ts";
import type { DateInterval } from "../model/date.ts";
import { parseDate } from "../model/date-parse.ts";
import type { ParsedItem } from "../model/parsed.ts";
import type { Author, Image } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl, urlIdentity } from "../model/url.ts";
import type { PageReader } from "./listing-card.ts";

/** What is read of the data embedded in one page. */
const EMBEDDED_LIMITS = {
  scriptCharactersMax: 5_000_000,
  valuesMax: 200_000,
  depthMax: 60,
  itemsMax: 1000,
} as const;

/** A list in the page's data is one of stories when this many of its objects have a title and an address. */
const LIST_MIN = 3;
const TITLE_LENGTH = { min: 8, max: 400 };

type JsonObject = Readonly<Record<string, unknown>>;

const TITLE_KEYS = ["headline", "title", "name", "hed", "headLine", "heading", "promoHeadline"];
const ADDRESS_KEYS = [
  "url",
  "canonicalUrl",
  "canonical_url",
  "webUrl",
  "permalink",
  "link",
  "href",
  "path",
  "uri",
  "shareUrl",
  "websiteUrl",
  "website_url",
  "@id",
];
const DATE_KEYS = [
  "datePublished",
  "publishedAt",
  "published_at",
  "publishDate",
  "publish_date",
  "publicationDate",
  "publication_date",
  "pubDate",
  "publishedDate",
  "published",
  "firstPublished",
  "display_date",
  "displayDate",
  "date",
  "createdAt",
  "created_at",
  "timestamp",
];
const SUMMARY_KEYS = ["description", "summary", "excerpt", "dek", "standfirst", "teaser", "subtitle", "subheadline"];
const IMAGE_KEYS = [
  "image",
  "thumbnail",
  "thumbnailUrl",
  "imageUrl",
  "image_url",
  "featuredImage",
  "photo",
  "leadImage",
  "promoImage",
];
const AUTHOR_KEYS = ["author", "authors", "byline", "creator"];
const TEXT_KEYS = ["rendered", "text", "default", "basic", "value", "headline", "plain"];
const URL_KEYS = ["url", "src", "href", "sourceUrl", "contentUrl", "uri"];

/** Types of JSON-LD that list no stories. */
const OTHER_TYPES =
  /^(?:BreadcrumbList|ListItem|Organization|NewsMediaOrganization|WebSite|WebPage|Person|ImageObject|SiteNavigationElement|SearchAction|Offer|Product|Event|Place|Review|Rating|VideoObject|Question|Answer)$/;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All scripts that may hold data: JSON by their type, or one assignment of an object. */
function listScripts(document: Document): readonly string[] {
  const scripts: string[] = [];
  const pending: (Document | Element)[] = [document];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (let at = node.children.length - 1; at >= 0; at--) {
      const child = node.children[at];
      if (child?.type === "tag") pending.push(child);
      else if (child?.type === "script") scripts.push(jsonOf(child));
    }
  }
  return scripts.filter((script) => script !== "");
}

const ASSIGNMENT = /^[^{[]{0,200}=\s{0,20}(?=[{[])/;

function jsonOf(script: Element): string {
  const first = script.children[0];
  const text = first?.type === "text" ? first.data.trim() : "";
  if (text.length < 20 || text.length > EMBEDDED_LIMITS.scriptCharactersMax) return "";
  if (/json/i.test(script.attribs.type ?? "")) return text;
  const assignment = ASSIGNMENT.exec(text);
  if (assignment === null || !/title|headline/i.test(text)) return "";
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  return text.slice(assignment[0].length, end + 1);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A text, or the text an object wraps; markup removed. */
function textFrom(value: unknown): string {
  if (typeof value === "string") return htmlToText(value.slice(0, 5000));
  if (!isObject(value)) return "";
  for (const key of TEXT_KEYS) if (typeof value[key] === "string") return textFrom(value[key]);
  return "";
}

function firstText(value: JsonObject, keys: readonly string[]): string {
  for (const key of keys) {
    const text = textFrom(value[key]);
    if (text !== "") return text;
  }
  return "";
}

function addressFrom(value: JsonObject, reader: PageReader): AbsoluteUrl | null {
  for (const key of ADDRESS_KEYS) {
    const address = isObject(value[key]) ? value[key].url : value[key];
    // A slug alone resolves to some address, hardly to the story's.
    if (typeof address !== "string" || !/^(?:https?:)?\/{1,2}[^/]/.test(address)) continue;
    const url = resolveWebUrl(address, reader.base);
    if (url !== null && new URL(url).pathname.length > 1) return url;
  }
  return null;
}

function dateFrom(value: JsonObject, reader: PageReader, origin: string): DateInterval | null {
  const { timeZone, capturedAt } = reader.context;
  for (const key of DATE_KEYS) {
    const text = value[key];
    if (typeof text !== "string" && typeof text !== "number") continue;
    if (String(text).length < 8) continue;
    const found = parseDate(String(text), { timeZone, capturedAt, languages: reader.languages, origin });
    if (found !== null) return found;
  }
  return null;
}

function imageFrom(value: unknown, reader: PageReader, depth = 0): Image | null {
  if (typeof value === "string") {
    const url = /[./]/.test(value) ? resolveWebUrl(value, reader.base) : null;
    return url === null ? null : { url, role: "lead" };
  }
  if (depth > 3) return null;
  if (Array.isArray(value)) return imageFrom(value[0], reader, depth + 1);
  if (!isObject(value)) return null;
  for (const key of URL_KEYS) {
    const image = imageFrom(value[key], reader, depth + 1);
    if (image !== null) return image;
  }
  return null;
}

function authorsFrom(value: JsonObject): readonly Author[] {
  for (const key of AUTHOR_KEYS) {
    const list = Array.isArray(value[key]) ? value[key] : [value[key]];
    const names = list
      .map((one: unknown) => (isObject(one) ? textFrom(one.name ?? one.displayName) : textFrom(one)))
      .filter((name) => name !== "" && name.length <= 80 && !name.includes("://"));
    if (names.length > 0) return names.slice(0, 5).map((name) => ({ name }));
  }
  return [];
}

function typesOf(value: JsonObject): readonly string[] {
  const type = value["@type"];
  return (Array.isArray(type) ? type : [type]).filter((name): name is string => typeof name === "string");
}

/** The story an object tells of; the object that a `ListItem` wraps. */
function itemFrom(value: unknown, reader: PageReader): ParsedItem | null {
  if (!isObject(value)) return null;
  if (isObject(value.item)) return itemFrom({ ...value.item, url: value.item.url ?? value.url }, reader);
  const types = typesOf(value);
  if (types.some((type) => OTHER_TYPES.test(type)) && !types.includes("ListItem")) return null;
  const title = foldText(firstText(value, TITLE_KEYS));
  if (title.length < TITLE_LENGTH.min || title.length > TITLE_LENGTH.max || /^https?:/.test(title)) return null;
  const url = addressFrom(value, reader);
  if (url === null) return null;
  const origin = types.length > 0 ? "json-ld" : "json";
  const published = dateFrom(value, reader, origin);
  const summary = firstText(value, SUMMARY_KEYS);
  const image = IMAGE_KEYS.map((key) => imageFrom(value[key], reader)).find((found) => found !== null);
  return {
    kind: "listed",
    url,
    title,
    ...(summary !== "" && { summary }),
    authors: authorsFrom(value),
    tags: [],
    images: image == null ? [] : [image],
    enclosures: [],
    ...(published !== null && { published }),
    origins: { title: origin, url: origin, ...(published !== null && { published: origin }) },
  };
}

/** Every list of stories in a value, walked without recursion. */
function collectLists(root: unknown, reader: PageReader, budget: { left: number }): readonly ParsedItem[][] {
  const lists: ParsedItem[][] = [];
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let at = 0; at < pending.length && budget.left-- > 0; at++) {
    const { value, depth } = pending[at] ?? { value: null, depth: 0 };
    if (typeof value !== "object" || value === null || depth > EMBEDDED_LIMITS.depthMax) continue;
    if (isObject(value) && typesOf(value).some((type) => type === "BreadcrumbList" || type === "SiteNavigationElement"))
      continue;
    if (Array.isArray(value)) {
      const read = value.slice(0, EMBEDDED_LIMITS.itemsMax);
      const items = read.map((one) => itemFrom(one, reader)).filter((item) => item !== null);
      if (items.length >= LIST_MIN && items.length * 2 >= read.length) lists.push(items);
    }
    for (const child of Object.values(value)) pending.push({ value: child, depth: depth + 1 });
  }
  return lists;
}

/**
 * The stories that data embedded in a page tell of, each once: JSON-LD lists (`ItemList`, `@graph`, `blogPost`), and
 * lists of objects with a title and an address in the JSON that pages are drawn from.
 */
export function readEmbedded(document: Document, reader: PageReader): readonly ParsedItem[] {
  const budget = { left: EMBEDDED_LIMITS.valuesMax };
  const items = new Map<string, ParsedItem>();
  for (const script of listScripts(document)) {
    for (const list of collectLists(parseJson(script), reader, budget)) {
      for (const item of list) {
        const identity = item.url === undefined ? "" : urlIdentity(item.url);
        if (!items.has(identity) && items.size < EMBEDDED_LIMITS.itemsMax) items.set(identity, item);
      }
    }
  }
  return [...items.values()];
}
