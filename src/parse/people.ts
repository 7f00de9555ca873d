import type { Author } from "../model/story.ts";
import { resolveWebUrl } from "../model/url.ts";
import type { FieldList } from "./fields.ts";
import { FEED_LIMITS } from "./limits.ts";
import { nameOf } from "./markup.ts";
import type { XmlElement } from "./xml-tree.ts";

/** Elements that name an author, the more exact first. */
const AUTHORS = ["author", "atom:author", "dc:creator", "dc:author", "dcterms:creator"];
const ITEM_FALLBACKS = ["itunes:author", "googleplay:author", "podcast:person", "media:credit"];
const FEED_FALLBACKS = [
  "managingeditor",
  "itunes:author",
  "itunes:owner",
  "googleplay:author",
  "dc:publisher",
  "webmaster",
];

/** RSS `author` (RSS 2.0 `<author>`), Atom persons (RFC 4287 §3.2), `dc:creator`, `itunes:author`. */
export function readAuthors(fields: FieldList, of: "feed" | "item"): readonly Author[] {
  const authors = readPeople(fields.all(...AUTHORS));
  if (authors.length > 0) return authors;
  for (const name of of === "feed" ? FEED_FALLBACKS : ITEM_FALLBACKS) {
    const people = readPeople(fields.all(name).filter(isAuthor));
    if (people.length > 0) return people;
  }
  return [];
}

/** Credits and roles of people who did not write the item. */
function isAuthor(element: XmlElement): boolean {
  const role = element.attributes.role?.toLowerCase() ?? "author";
  return element.name === "media:credit" ? role === "author" : true;
}

function readPeople(elements: readonly XmlElement[]): readonly Author[] {
  const people = new Map<string, Author>();
  for (const element of elements.slice(0, FEED_LIMITS.listMax)) {
    const person = readPerson(element);
    if (person === null) continue;
    const key = `${person.name.toLowerCase()}\n${person.email ?? ""}\n${person.url ?? ""}`;
    if (!people.has(key)) people.set(key, person);
  }
  return [...people.values()];
}

function readPerson(element: XmlElement): Author | null {
  if (!element.hasElements) return parsePerson(element.text, element.attributes.href, element.base);
  const part = (...names: readonly string[]) => {
    const found = element.elements.find((child) => names.includes(child.name.replace(/^\w+:/, "")));
    return found === undefined ? "" : nameOf(found.text);
  };
  const person = parsePerson(part("name"), part("uri", "url", "homepage"), element.base);
  const email = part("email");
  if (person === null && email === "")
    return part("uri", "url") === "" ? null : { name: "", ...urlOf(part("uri", "url"), element.base) };
  return { ...(person ?? { name: email }), ...(email === "" ? {} : { email }) };
}

const EMAIL = /[^\s<>()[\]",;:@]{1,64}@[^\s<>()[\]",;:@]{1,255}/;

/** `jane@example.org (Jane Doe)`, `Jane Doe <jane@example.org>`, `Jane Doe`, `jane@example.org`. */
function parsePerson(written: string, url?: string, base?: string): Author | null {
  const text = nameOf(written.replace(/<([^<>\s]+@[^<>\s]+)>/, " ($1) "));
  const found = EMAIL.exec(text);
  const email = found?.[0].replace(/^mailto:/i, "");
  const rest = found === null ? text : text.slice(0, found.index) + text.slice(found.index + found[0].length);
  const name = rest
    .replace(/^mailto:/i, "")
    .replace(/\(\s*\)|<\s*>/g, "")
    .trim()
    .replace(/^\((.*)\)$/, "$1")
    .replace(/^"(.*)"$/, "$1")
    .trim();
  const parts = { ...(email === undefined ? {} : { email }), ...urlOf(url, base) };
  if (name === "" && email === undefined) return "url" in parts ? { name: "", ...parts } : null;
  return { name: name === "" ? (email ?? "") : name, ...parts };
}

function urlOf(reference: string | undefined, base: string | undefined): Pick<Author, "url"> {
  const url = resolveWebUrl(reference, base);
  return url === null ? {} : { url };
}
