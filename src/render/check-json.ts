import {
  AHEAD_MS,
  checkDateTime,
  checkHtml,
  checkLanguage,
  checkMediaType,
  checkUrl,
  holdsReference,
  holdsTag,
} from "./check-values.ts";
import { type Report, shown } from "./findings.ts";

type Members = Readonly<Record<string, unknown>>;

const VERSIONS = new Map([
  ["https://jsonfeed.org/version/1", "1.0"],
  ["https://jsonfeed.org/version/1.1", "1.1"],
]);
const FEED_KEYS = new Set([
  "version",
  "title",
  "home_page_url",
  "feed_url",
  "description",
  "user_comment",
  "next_url",
  "icon",
  "favicon",
  "author",
  "authors",
  "language",
  "expired",
  "hubs",
  "items",
]);
const ITEM_KEYS = new Set([
  "id",
  "url",
  "external_url",
  "title",
  "content_html",
  "content_text",
  "summary",
  "image",
  "banner_image",
  "date_published",
  "date_modified",
  "author",
  "authors",
  "tags",
  "language",
  "attachments",
]);
const AUTHOR_KEYS = new Set(["name", "url", "avatar"]);
const ATTACHMENT_KEYS = new Set(["url", "mime_type", "title", "size_in_bytes", "duration_in_seconds"]);
const HUB_KEYS = new Set(["type", "url"]);

const LARGE_CHARACTERS = 250_000;
/** How deep the values of an extension are looked into. */
const DEPTH_MAX = 50;

/** The rules for JSON Feed 1.1 (jsonfeed.org/version/1.1). */
export function checkJsonFeed(report: Report, text: string): void {
  if (text.startsWith("\uFEFF")) report.error("json-bom", "Begins with a byte order mark");
  const feed = parse(report, text.replace(/^\uFEFF/, ""));
  if (feed === undefined) return;
  checkDuplicateKeys(report, text);
  checkCharacters(report, feed);
  if (isMembers(feed)) checkFeed(report, feed, text);
  else report.error("json-type", "A JSON Feed is an object", { path: "$" });
  if (text.length > LARGE_CHARACTERS) report.info("large", `${text.length} characters; under 250,000 is fine`);
}

function parse(report: Report, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // SyntaxError: not JSON; its place is in its message.
    report.error("json-well-formed", `Not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** JSON.parse keeps the last of two equal keys and says nothing, so the text is walked again, token by token. */
function checkDuplicateKeys(report: Report, text: string): void {
  const open: (Set<string> | null)[] = [];
  let key: string | undefined;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":" && key !== undefined) noteKey(report, open.at(-1), key);
    key = token.startsWith('"') ? token : undefined;
  }
}

function noteKey(report: Report, keys: Set<string> | null | undefined, key: string): void {
  if (keys?.has(key)) report.error("json-duplicate-key", `The key ${key.slice(0, 80)} stands twice in one object`);
  keys?.add(key);
}

function checkCharacters(report: Report, value: unknown, path = "$", depth = 0): void {
  if (typeof value === "string") checkCharactersOfString(report, value, path);
  else if (depth < DEPTH_MAX && typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      checkCharacters(report, inner, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, depth + 1);
    }
  }
}

function checkCharactersOfString(report: Report, value: string, path: string): void {
  if (!value.isWellFormed()) report.error("json-surrogate", "Holds half of a surrogate pair", { path });
  if (/[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\uFFFE\uFFFF]/.test(value)) {
    report.warning("json-character", "Holds a control character", { path });
  }
  if (value.includes("\uFFFD")) report.warning("json-character", "Holds U+FFFD, the mark of lost text", { path });
}

function checkFeed(report: Report, feed: Members, text: string): void {
  const place = { path: "$" };
  const version = VERSIONS.get(String(feed.version));
  if (version === undefined) report.error("json-version", "version is no JSON Feed version", place);
  else if (version === "1.0") report.warning("json-version", "version is that of JSON Feed 1.0", place);
  if (version !== undefined && Object.keys(feed)[0] !== "version") {
    report.warning("json-version", "version is wanted as the first key", place);
  }
  checkKeys(report, feed, FEED_KEYS, "$");
  checkPlain(report, feed, "title", "$", "required");
  checkPlain(report, feed, "description", "$");
  stringAt(report, feed, "user_comment", "$");
  for (const key of ["home_page_url", "feed_url"]) {
    if (feed[key] === undefined) report.warning("json-missing", `${key} is strongly recommended`, place);
  }
  for (const key of ["home_page_url", "feed_url", "next_url", "icon", "favicon"]) checkUrlAt(report, feed, key, "$");
  checkAddresses(report, feed);
  for (const key of ["icon", "favicon"]) {
    if (feed[key] === undefined) report.info("json-icon", `Publishers should provide ${key}`, place);
  }
  checkAuthors(report, feed, "$", version);
  checkLanguageAt(report, feed, "$");
  if (feed.expired !== undefined && typeof feed.expired !== "boolean") {
    report.error("json-type", "expired must be a boolean", place);
  }
  for (const [hub, path] of objectsAt(report, feed, "hubs", "$")) {
    checkKeys(report, hub, HUB_KEYS, path);
    stringAt(report, hub, "type", path, "required");
    checkUrlAt(report, hub, "url", path, "required");
  }
  const ids = new Set<string>();
  if (feed.items === undefined) report.error("json-missing", "items is required", place);
  for (const [item, path] of objectsAt(report, feed, "items", "$")) checkItem(report, item, path, ids, version);
  if (Array.isArray(feed.items) && feed.items.length === 0) report.info("json-empty", "items is empty", place);
  checkAbout(report, feed, text);
}

function checkAddresses(report: Report, feed: Members): void {
  const place = { path: "$" };
  const own: readonly unknown[] = [feed.feed_url, report.selfUrl];
  if (feed.next_url !== undefined && own.includes(feed.next_url))
    report.error("json-next-url", "next_url is the address of this document", place);
  if (report.selfUrl !== undefined && feed.feed_url !== undefined && feed.feed_url !== report.selfUrl) {
    report.warning("self-elsewhere", `feed_url is not ${report.selfUrl}`, place);
  }
  if (Array.isArray(feed.hubs) && feed.hubs.length > 0 && feed.feed_url === undefined) {
    report.error("json-hub", "A hub needs feed_url, its topic", place);
  }
}

function checkItem(report: Report, item: Members, path: string, ids: Set<string>, version: string | undefined): void {
  checkKeys(report, item, ITEM_KEYS, path);
  checkId(report, item, path, ids);
  if (item.url === undefined) report.warning("json-missing", "url should be there", { path });
  for (const key of ["url", "external_url", "image", "banner_image"]) checkUrlAt(report, item, key, path);
  for (const key of ["title", "summary"]) checkPlain(report, item, key, path);
  checkContent(report, item, path);
  checkDates(report, item, path);
  checkAuthors(report, item, path, version);
  checkTags(report, item, path);
  checkLanguageAt(report, item, path);
  const urls = new Set<unknown>();
  for (const [attachment, at] of objectsAt(report, item, "attachments", path)) {
    checkAttachment(report, attachment, at);
    if (urls.has(attachment.url)) report.warning("json-attachment", "Two attachments have one url", { path: at });
    urls.add(attachment.url);
  }
}

function checkId(report: Report, item: Members, path: string, ids: Set<string>): void {
  const { id } = item;
  if (typeof id !== "string") report.error("json-id", "id must be a string", { path });
  else if (id.trim() === "") report.error("json-id", "id is blank", { path });
  else if (ids.has(id)) report.error("id-duplicate", `id ${shown(id)} is another item's, too`, { path });
  else if (id !== id.trim()) report.warning("id-white-space", "id begins or ends with white space", { path });
  if (typeof id === "string") ids.add(id);
}

function checkContent(report: Report, item: Members, path: string): void {
  const html = stringAt(report, item, "content_html", path, "optional", "blank");
  const text = stringAt(report, item, "content_text", path, "optional", "blank");
  if (item.content_html === undefined && item.content_text === undefined) {
    report.error("json-content", "content_html or content_text is required", { path });
  } else if (!html?.trim() && !text?.trim()) report.warning("json-content", "The content is blank", { path });
  if (html !== undefined) checkHtml(report, "content_html", html, { path });
  if (text !== undefined && holdsTag(text)) report.warning("plain-text", "content_text has markup", { path });
}

function checkDates(report: Report, item: Members, path: string): void {
  const at = (key: string) => {
    const value = stringAt(report, item, key, path);
    return value === undefined ? undefined : checkDateTime(report, key, value, AHEAD_MS.json, { path });
  };
  const [published, modified] = [at("date_published"), at("date_modified")];
  if (published !== undefined && modified !== undefined && modified < published) {
    report.warning("json-dates", "date_modified lies before date_published", { path });
  }
  if (item.date_published === undefined) report.info("json-dates", "No date_published", { path });
}

function checkTags(report: Report, item: Members, path: string): void {
  const tags = arrayAt(report, item, "tags", path);
  for (const tag of tags) {
    if (typeof tag !== "string") report.error("json-type", "A tag must be a string", { path });
    else if (tag.trim() === "") report.warning("blank", "A tag is blank", { path });
    else if (holdsTag(tag)) report.warning("plain-text", `A tag has markup: ${shown(tag)}`, { path });
  }
  if (new Set(tags).size < tags.length) report.warning("json-tags", "A tag stands twice", { path });
}

function checkAttachment(report: Report, attachment: Members, path: string): void {
  checkKeys(report, attachment, ATTACHMENT_KEYS, path);
  checkUrlAt(report, attachment, "url", path, "required");
  const type = stringAt(report, attachment, "mime_type", path, "required");
  if (type !== undefined) checkMediaType(report, "mime_type", type, { path });
  checkPlain(report, attachment, "title", path);
  for (const key of ["size_in_bytes", "duration_in_seconds"]) {
    const value = attachment[key];
    if (value !== undefined && (typeof value !== "number" || value < 0)) {
      report.error("json-type", `${key} must be a number from 0 on`, { path });
    } else if (key === "size_in_bytes" && typeof value === "number" && !Number.isInteger(value)) {
      report.warning("json-type", "size_in_bytes counts bytes, but is not whole", { path });
    }
  }
}

function checkAuthors(report: Report, holder: Members, path: string, version: string | undefined): void {
  const authors = objectsAt(report, holder, "authors", path);
  if (Array.isArray(holder.authors) && holder.authors.length === 0) {
    report.warning("json-authors", "authors is empty", { path });
  }
  for (const [author, at] of authors) checkAuthor(report, author, at);
  const { author } = holder;
  if (author === undefined) return;
  if (!isMembers(author)) report.error("json-type", "author must be an object", { path });
  else checkAuthor(report, author, `${path}.author`);
  if (version === "1.1" && holder.authors === undefined) {
    report.warning("json-authors", "author is deprecated in 1.1; say authors", { path });
  }
}

function checkAuthor(report: Report, author: Members, path: string): void {
  checkKeys(report, author, AUTHOR_KEYS, path);
  if (![...AUTHOR_KEYS].some((key) => author[key] !== undefined)) {
    report.error("json-authors", "An author needs one of name, url and avatar", { path });
  }
  checkPlain(report, author, "name", path);
  for (const key of ["url", "avatar"]) checkUrlAt(report, author, key, path);
}

/** Keys are those of the specification; extensions begin with `_` and a letter, and are objects. */
function checkKeys(report: Report, holder: Members, known: ReadonlySet<string>, path: string): void {
  for (const [key, value] of Object.entries(holder)) {
    if (known.has(key)) continue;
    if (!key.startsWith("_")) report.error("json-key", `${shown(key)} is no key of JSON Feed`, { path });
    else if (!/^_[A-Za-z][^.]*$/.test(key))
      report.error("json-extension", `An extension is not named ${shown(key)}`, { path });
    else if (!isMembers(value)) report.error("json-extension", `The extension ${key} must be an object`, { path });
    else checkExtension(report, value, `${path}.${key}`, 0);
  }
}

function checkExtension(report: Report, value: unknown, path: string, depth: number): void {
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && /^_|\./.test(key)) {
      report.error("json-extension", `A member of an extension is not named ${shown(key)}`, { path });
    }
    checkExtension(report, inner, path, depth + 1);
  }
}

/** Each extension says once in the document where it is described. */
function checkAbout(report: Report, feed: Members, text: string): void {
  const names = new Set(Array.from(text.matchAll(/"(_[A-Za-z]\w*)":/g), ([, name = ""]) => name));
  const holders = [feed, ...(Array.isArray(feed.items) ? feed.items.filter(isMembers) : [])];
  for (const name of names) {
    const extensions = holders.map((holder) => holder[name]).filter(isMembers);
    if (extensions.length > 0 && !extensions.some((extension) => typeof extension.about === "string")) {
      report.info("json-extension", `The extension ${name} has no "about"`, { path: "$" });
    }
  }
}

function checkLanguageAt(report: Report, holder: Members, path: string): void {
  const language = stringAt(report, holder, "language", path);
  if (language !== undefined) checkLanguage(report, "language", language, { path });
}

function checkPlain(report: Report, holder: Members, key: string, path: string, need?: "required"): void {
  const value = stringAt(report, holder, key, path, need);
  if (value === undefined || !/[<&]/.test(value)) return;
  if (holdsTag(value)) report.warning("plain-text", `${key} is plain text, but has a tag: ${shown(value)}`, { path });
  else if (holdsReference(value)) {
    report.warning("plain-text", `${key} is plain text, but has a character reference: ${shown(value)}`, { path });
  }
}

function checkUrlAt(report: Report, holder: Members, key: string, path: string, need?: "required"): void {
  const value = stringAt(report, holder, key, path, need);
  if (value !== undefined) checkUrl(report, key, value, { path }, "absolute");
}

function stringAt(
  report: Report,
  holder: Members,
  key: string,
  path: string,
  need: "required" | "optional" = "optional",
  blank?: "blank",
): string | undefined {
  const value = holder[key];
  if (value === undefined) {
    if (need === "required") report.error("json-missing", `${key} is required`, { path });
    return undefined;
  }
  if (typeof value !== "string") {
    report.error("json-type", `${key} must be a string`, { path });
    return undefined;
  }
  if (value.trim() === "" && blank === undefined) report.warning("blank", `${key} is blank`, { path });
  return value;
}

function arrayAt(report: Report, holder: Members, key: string, path: string): readonly unknown[] {
  const value = holder[key];
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  report.error("json-type", `${key} must be an array`, { path });
  return [];
}

function objectsAt(report: Report, holder: Members, key: string, path: string): [Members, string][] {
  const found: [Members, string][] = [];
  for (const [index, value] of arrayAt(report, holder, key, path).entries()) {
    const at = `${path}.${key}[${index}]`;
    if (isMembers(value)) found.push([value, at]);
    else report.error("json-type", `${at} must be an object`, { path: at });
  }
  return found;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
