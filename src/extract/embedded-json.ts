import type { Document, Element } from "domhandler";
import { htmlToText } from "../html/text.ts";
import type { DateInterval } from "../model/date.ts";
import { parseDate } from "../model/date-parse.ts";
import type { Author, Image } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import type { PageReader } from "./listing-card.ts";
import { walkElements } from "./metadata.ts";

/** What is read of the data embedded in one page. */
export const EMBEDDED_LIMITS = {
  scriptCharactersMax: 5_000_000,
  valuesMax: 200_000,
  depthMax: 60,
  itemsMax: 1000,
} as const;

export type JsonObject = Readonly<Record<string, unknown>>;

export const TITLE_KEYS = ["headline", "title", "name", "hed", "headLine", "heading", "promoHeadline"];
export const ADDRESS_KEYS = [
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
export const DATE_KEYS = [
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
export const SUMMARY_KEYS = [
  "description",
  "summary",
  "excerpt",
  "dek",
  "standfirst",
  "teaser",
  "subtitle",
  "subheadline",
];
export const IMAGE_KEYS = [
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
export const AUTHOR_KEYS = ["author", "authors", "byline", "creator"];
const TEXT_KEYS = ["rendered", "text", "default", "basic", "value", "headline", "plain"];
export const URL_KEYS = ["url", "src", "href", "sourceUrl", "contentUrl", "uri"];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All scripts that may hold data, in document order: JSON by their type, or one assignment of an object. */
function listScripts(document: Document): readonly string[] {
  const scripts: string[] = [];
  walkElements(document, (element) => {
    const text = element.name === "script" ? jsonOf(element) : "";
    if (text !== "") scripts.push(text);
  });
  return scripts;
}

const ASSIGNMENT = /^[^{[("]{0,200}=\s{0,20}(?=[{[])/;
const PARSED_ASSIGNMENT = /^[^{[("]{0,200}=\s{0,20}JSON\.parse\(\s{0,20}(?=")/;

function jsonOf(script: Element): string {
  const first = script.children[0];
  const text = first?.type === "text" ? first.data.trim() : "";
  if (text.length < 20 || text.length > EMBEDDED_LIMITS.scriptCharactersMax) return "";
  if (/json/i.test(script.attribs.type ?? "")) return text;
  if (!/title|headline/i.test(text)) return "";
  const assignment = ASSIGNMENT.exec(text);
  if (assignment !== null) return text.slice(assignment[0].length, lastOf(text, "}", "]") + 1);
  const parsed = PARSED_ASSIGNMENT.exec(text);
  const written = parsed === null ? null : parseJson(text.slice(parsed[0].length, text.lastIndexOf('"') + 1));
  return typeof written === "string" ? written : "";
}

function lastOf(text: string, ...signs: readonly string[]): number {
  return Math.max(...signs.map((sign) => text.lastIndexOf(sign)));
}

/** The values of all scripts of a page that hold data, in document order. */
export function readScripts(document: Document): readonly unknown[] {
  return listScripts(document).map(parseJson);
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

export function firstText(value: JsonObject, keys: readonly string[]): string {
  for (const key of keys) {
    const text = textFrom(value[key]);
    if (text !== "") return text;
  }
  return "";
}

export function addressFrom(value: JsonObject, reader: PageReader): AbsoluteUrl | null {
  for (const key of ADDRESS_KEYS) {
    const address = isObject(value[key]) ? value[key].url : value[key];
    // A slug alone resolves to some address, hardly to the story's.
    if (typeof address !== "string" || !/^(?:https?:)?\/{1,2}[^/]/.test(address)) continue;
    const url = resolveWebUrl(address, reader.base);
    if (url !== null && new URL(url).pathname.length > 1) return url;
  }
  return null;
}

export function dateFrom(value: JsonObject, reader: PageReader, origin: string): DateInterval | null {
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

export function imageFrom(value: unknown, reader: PageReader, depth = 0): Image | null {
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

export function authorsFrom(value: JsonObject): readonly Author[] {
  for (const key of AUTHOR_KEYS) {
    const list = Array.isArray(value[key]) ? value[key] : [value[key]];
    const names = list
      .map((one: unknown) => (isObject(one) ? textFrom(one.name ?? one.displayName) : textFrom(one)))
      .filter((name) => name !== "" && name.length <= 80 && !name.includes("://"));
    if (names.length > 0) return names.slice(0, 5).map((name) => ({ name }));
  }
  return [];
}

export function typesOf(value: JsonObject): readonly string[] {
  const type = value["@type"];
  return (Array.isArray(type) ? type : [type]).filter((name): name is string => typeof name === "string");
}
