import type { Document } from "domhandler";
import { foldText } from "../html/text.ts";
import type { ParsedItem } from "../model/parsed.ts";
import { urlIdentity } from "../model/url.ts";
import {
  addressFrom,
  authorsFrom,
  dateFrom,
  EMBEDDED_LIMITS,
  firstText,
  IMAGE_KEYS,
  imageFrom,
  isObject,
  type JsonObject,
  readScripts,
  SUMMARY_KEYS,
  TITLE_KEYS,
  typesOf,
} from "./embedded-json.ts";
import type { PageReader } from "./listing-card.ts";

/** A list in the page's data is one of stories when this many of its objects have a title and an address. */
const LIST_MIN = 3;
const TITLE_LENGTH = { min: 8, max: 400 };

/** Types of JSON-LD that list no stories. */
const OTHER_TYPES =
  /^(?:BreadcrumbList|ListItem|Organization|NewsMediaOrganization|WebSite|WebPage|Person|ImageObject|SiteNavigationElement|SearchAction|Offer|Product|Event|Place|Review|Rating|VideoObject|Question|Answer)$/;

const WRAPPED_MAX = 2;

/** What lists of stories wrap their stories in. */
const WRAPPERS = ["node", "item", "article", "story", "post", "content", "attributes", "fields", "data"];

/** The story that an object wraps, with what the wrapping tells beside it. */
function wrappedIn(value: JsonObject): JsonObject | null {
  for (const key of WRAPPERS) if (isObject(value[key])) return { ...value, [key]: undefined, ...value[key] };
  return null;
}

/** The story an object tells of; the object that a `ListItem` wraps. */
function itemFrom(value: unknown, reader: PageReader, depth = 0): ParsedItem | null {
  if (!isObject(value)) return null;
  if (isObject(value.item)) return itemFrom({ ...value.item, url: value.item.url ?? value.url }, reader);
  const types = typesOf(value);
  if (types.some((type) => OTHER_TYPES.test(type)) && !types.includes("ListItem")) return null;
  const title = foldText(firstText(value, TITLE_KEYS));
  const isTitle = title.length >= TITLE_LENGTH.min && title.length <= TITLE_LENGTH.max && !/^https?:/.test(title);
  const url = isTitle ? addressFrom(value, reader) : null;
  if (url === null) {
    const inner = depth < WRAPPED_MAX ? wrappedIn(value) : null;
    return inner === null ? null : itemFrom(inner, reader, depth + 1);
  }
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
  for (const value of readScripts(document)) {
    for (const list of collectLists(value, reader, budget)) {
      for (const item of list) {
        const identity = item.url === undefined ? "" : urlIdentity(item.url);
        if (!items.has(identity) && items.size < EMBEDDED_LIMITS.itemsMax) items.set(identity, item);
      }
    }
  }
  return [...items.values()];
}
