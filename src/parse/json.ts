import { ParseError } from "../errors.ts";
import { htmlToText } from "../html/text.ts";
import type { DateInterval } from "../model/date.ts";
import { parseDate } from "../model/date-parse.ts";
import type { DocumentContext, Fault, FeedFacts, ParsedFeed, ParsedItem } from "../model/parsed.ts";
import type { Author, Enclosure, Image } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { mendCharacters } from "./characters.ts";
import { languageOf } from "./facts.ts";
import { FEED_LIMITS } from "./limits.ts";
import { present } from "./present.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * JSON Feed 1.0 and 1.1: any object with a list of `items`. Values of the wrong type count as absent, numbers stand for
 * texts. Codes: `not_a_feed`, `bad_json`, `too_deep`, `too_many_elements`.
 */
export function parseJson(text: string, context: DocumentContext): ParsedFeed {
  const feed = readObject(text);
  const listed = feed.items;
  if (!Array.isArray(listed)) {
    throw new ParseError("Cannot parse the JSON document as a feed: it has no list of items; wanted: JSON Feed 1.1", {
      code: "not_a_feed",
    });
  }
  const reader = new JsonReader(context);
  const items: ParsedItem[] = [];
  const faults: Fault[] = [];
  for (const [index, value] of listed.slice(0, FEED_LIMITS.itemsMax).entries()) {
    if (isObject(value)) items.push(reader.item(value));
    else faults.push({ code: "bad_item", message: "The item is not an object", item: index });
  }
  if (listed.length > FEED_LIMITS.itemsMax) {
    faults.push({ code: "too_many_items", message: `The document has ${listed.length} items; the rest was left out` });
  }
  const nextUrl = reader.url(feed.next_url);
  return {
    format: "json-feed",
    feed: reader.facts(feed),
    items,
    hints: {},
    faults,
    ...(nextUrl === null ? {} : { nextUrl }),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readObject(text: string): Json {
  checkSize(text);
  const value = parseTolerantly(text);
  if (isObject(value)) return value;
  throw new ParseError("Cannot parse the JSON document as a feed: wanted an object with a list of items", {
    code: "not_a_feed",
  });
}

/** Brackets and commas are counted before JSON.parse builds a value for each. */
function checkSize(text: string): void {
  let depth = 0;
  let holders = 0;
  let values = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (quoted) {
      if (code === 92) index++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 44) values++;
    else if (code === 93 || code === 125) depth--;
    else if (code === 91 || code === 123) {
      depth++;
      holders++;
      if (depth > FEED_LIMITS.depthMax) {
        throw new ParseError(`Cannot parse JSON nested deeper than ${FEED_LIMITS.depthMax}`, { code: "too_deep" });
      }
    }
    if (holders > FEED_LIMITS.elementsMax || values > FEED_LIMITS.tokensMax) {
      throw new ParseError(
        `Cannot parse JSON with more than ${FEED_LIMITS.elementsMax} objects and lists or ${FEED_LIMITS.tokensMax} values`,
        { code: "too_many_elements" },
      );
    }
  }
}

/** As JSON.parse; else without what publishers' templates leave: junk around, commas too many, raw control characters. */
function parseTolerantly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = text.indexOf("{");
    const end = text.lastIndexOf("}");
    const mended = text
      .slice(Math.max(start, 0), end + 1)
      .replace(/[\0-\x1f]/g, " ")
      .replace(/,\s{0,256}(?=[\]}])/g, "");
    try {
      return JSON.parse(mended);
    } catch {
      throw new ParseError("Cannot parse the document as JSON", { code: "bad_json", cause });
    }
  }
}

class JsonReader {
  readonly #context: DocumentContext;

  constructor(context: DocumentContext) {
    this.#context = context;
  }

  facts(feed: Json): FeedFacts {
    return present({
      authors: this.#authors(feed),
      title: textOf(feed.title),
      link: this.url(feed.home_page_url),
      description: stringOf(feed.description),
      language: languageOf(stringOf(feed.language) ?? this.#context.language),
      image: this.url(feed.icon) ?? this.url(feed.favicon),
      hub: this.#hub(feed.hubs),
      self: this.url(feed.feed_url),
    });
  }

  item(item: Json): ParsedItem {
    const html = stringOf(item.content_html);
    const text = stringOf(item.content_text);
    const { url: base } = this.#context;
    const content = html ?? (text === undefined ? undefined : escapeText(text));
    return present({
      kind: "entry" as const,
      guid: stringOf(item.id),
      url: this.url(item.url) ?? this.url(item.external_url) ?? permalinkOf(item.id),
      title: textOf(item.title) ?? "",
      summary: textOf(item.summary),
      contentHtml:
        content === undefined
          ? undefined
          : base === undefined
            ? { untrusted: content }
            : { untrusted: content, baseUrl: base },
      authors: this.#authors(item),
      tags: listOf(item.tags)
        .map(textOf)
        .filter((tag) => tag !== undefined),
      language: languageOf(stringOf(item.language)),
      images: this.#images(item),
      enclosures: listOf(item.attachments)
        .filter(isObject)
        .map((each) => this.#enclosure(each))
        .filter((each) => each !== null),
      ...this.#dates(item),
    });
  }

  url(value: unknown): AbsoluteUrl | null {
    return resolveWebUrl(stringOf(value), this.#context.url);
  }

  /** JSON Feed 1.1 `authors`, 1.0 `author`. */
  #authors(holder: Json): readonly Author[] {
    const authors = [...listOf(holder.authors), holder.author].map((author) => this.#author(author));
    const known = new Map(
      authors.filter((author) => author !== null).map((author) => [JSON.stringify(author), author]),
    );
    return [...known.values()];
  }

  #author(author: unknown): Author | null {
    if (!isObject(author)) {
      const name = textOf(author);
      return name === undefined ? null : { name };
    }
    const name = textOf(author.name);
    const url = this.url(author.url);
    const email = stringOf(author.email) ?? /^\s*mailto:([^?\s]+)/i.exec(stringOf(author.url) ?? "")?.[1];
    if (name === undefined && url === null && email === undefined) return null;
    return present({ name: name ?? email ?? "", url, email });
  }

  #enclosure(attachment: Json): Enclosure | null {
    const url = this.url(attachment.url);
    if (url === null) return null;
    return present({
      url,
      type: stringOf(attachment.mime_type),
      lengthBytes: countOf(attachment.size_in_bytes),
      durationSeconds: countOf(attachment.duration_in_seconds),
    });
  }

  #images(item: Json): readonly Image[] {
    const urls = [this.url(item.image), this.url(item.banner_image)].filter((url) => url !== null);
    return [...new Set(urls)].map((url, index) => ({ url, role: index === 0 ? "lead" : "inline" }));
  }

  #hub(hubs: unknown): AbsoluteUrl | null {
    const found = listOf(hubs)
      .filter(isObject)
      .map((hub) => this.url(hub.url));
    return found.find((url) => url !== null) ?? null;
  }

  #dates(item: Json): Pick<ParsedItem, "published" | "updated" | "unreadDates"> {
    const published = this.#date(item.date_published, "feed");
    const updated = this.#date(item.date_modified, "updated");
    const unread = { ...unreadOf("date_published", item, published), ...unreadOf("date_modified", item, updated) };
    return present({ published, updated, unreadDates: Object.keys(unread).length === 0 ? undefined : unread });
  }

  #date(value: unknown, origin: string): DateInterval | null {
    const text = stringOf(value);
    const { timeZone, capturedAt } = this.#context;
    return text === undefined ? null : parseDate(text, { timeZone, capturedAt, languages: [], origin });
  }
}

function unreadOf(name: string, item: Json, read: DateInterval | null): Record<string, string> {
  const text = stringOf(item[name]);
  return read === null && text !== undefined ? { [name]: text.slice(0, 200) } : {};
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function permalinkOf(id: unknown): AbsoluteUrl | null {
  const text = stringOf(id) ?? "";
  return /^https?:/i.test(text) ? resolveWebUrl(text) : null;
}

/** A text without characters that no document may hold; numbers count as texts, empty ones as absent. */
function stringOf(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value !== "string") return undefined;
  const text = mendCharacters(value.toWellFormed()).trim();
  return text === "" ? undefined : text;
}

/** Titles and names: one line. JSON Feed says plain text; markup in it is a mistake and taken out. */
function textOf(value: unknown): string | undefined {
  const text = htmlToText(stringOf(value) ?? "");
  return text === "" ? undefined : text;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, FEED_LIMITS.listMax) : [];
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof count === "number" && Number.isFinite(count) && count >= 0 ? Math.round(count) : undefined;
}
