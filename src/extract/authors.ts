import type { Element } from "domhandler";
import { foldText } from "../html/text.ts";
import { foldLetters } from "../model/calendar-words.ts";
import type { Author } from "../model/story.ts";
import { resolveWebUrl } from "../model/url.ts";
import { listOf, textIn } from "./json-ld.ts";
import { isSaidByReaders, type AuthorMark as Mark, type Marks, personIn, shortText } from "./marks.ts";
import { metasOf, type PageMetadata, walkElements } from "./metadata.ts";
import type { Segment } from "./segments.ts";
import { isSite, siteKeys } from "./site-names.ts";
import { wordsKey } from "./words-key.ts";

const NOT_NAMES =
  /^(.*\bnews services?( reports)?|staff reports?|wire (?:services?|reports)|admin|administrator|editor|editors|editorial|staff|redaktion|redaction|newsroom|news desk|desk|author|authors|guest|unknown|anonymous|null|undefined|none|user|webmaster|press release|by|contributors?|von|written by|posted by|artikel von|beitrag|name ?\*?|agenturen|archiv.*|more stories.*|view all.*|see all.*|log ?in|sign ?(?:in|up)|register|follow.*|share.*|subscribe.*)$/i;

const AUTHORS_MAX = 12;
/** What an element may hold that names authors, a name by itself; white space and all. */
const ELEMENT_CHARACTERS_MAX = 4000;
const NAME_CHARACTERS_MAX = 600;
const AUTHOR_METAS = [
  "author",
  "article:author",
  "byl",
  "parsely-author",
  "sailthru.author",
  "dc.creator",
  "dcterms.creator",
  "dc.creator.creator",
  "citation_author",
  "article:author_name",
  "og:article:author",
  "cxenseparse:author",
];

export function findAuthors(
  page: PageMetadata,
  marks: Marks,
  segments: readonly Segment[],
  url: string | undefined,
  baseUrl: string | undefined,
): FoundAuthors {
  const sites = siteKeys(page, url);
  const metas = names(metasOf(page, AUTHOR_METAS).map((said) => said.value));
  const own = marks.authors.filter((mark) => !isSaidByReaders(mark.element) && !leadsElsewhere(mark, baseUrl));
  const marked = (kind: Mark["kind"]) => markedAuthors(own, marks.headline, kind);
  const attempts: readonly (readonly [string, () => readonly Author[]])[] = [
    ["json-ld", () => withOthers(ldAuthors(page, baseUrl), metas)],
    ["meta", () => metas],
    ["microdata", () => marked("itemprop")],
    ["rel", () => marked("rel")],
    ["label", () => labelledAuthors(page)],
    ["byline", () => marked("class")],
    ["link", () => marked("link")],
    ["text", () => spokenAuthors(segments)],
    ["line", () => signedAuthors(segments)],
    ["byline", () => loneAuthor(own)],
    ["portrait", () => portrayedAuthors(own, marks.headline)],
  ];
  let login: FoundAuthors | undefined;
  let site: FoundAuthors | undefined;
  for (const [origin, attempt] of attempts) {
    const found = attempt().filter((author) => !NOT_NAMES.test(author.name));
    const authors = unique(found.filter((author) => !isSite(author.name, sites))).slice(0, AUTHORS_MAX);
    const [first] = authors;
    if (first !== undefined && login !== undefined) {
      if (isLoginOf(login.authors[0]?.name ?? "", first.name)) return { authors, origin };
    } else if (first !== undefined && authors.length === 1 && LOGIN.test(first.name)) login = { authors, origin };
    else if (first !== undefined) return { authors, origin };
    else if (found.length > 0 && SIGNING_SITE.has(origin)) site ??= { authors: found.slice(0, 1), origin: "site" };
  }
  // A page signed by its site alone: said as its author, it is.
  return login ?? site ?? { authors: [], origin: "" };
}

/** A link to a person's page on another site: an account there, whoever follows whom. */
function leadsElsewhere({ element, kind }: Mark, baseUrl: string | undefined): boolean {
  if (kind !== "link") return false;
  const target = resolveWebUrl(element.attribs.href, baseUrl);
  return target !== null && baseUrl !== undefined && domainOf(target) !== domainOf(baseUrl);
}

/** The last two labels of a host: enough to tell one site from another. */
function domainOf(url: string): string {
  return (URL.parse(url)?.hostname ?? "").split(".").slice(-2).join(".");
}

interface FoundAuthors {
  readonly authors: readonly Author[];
  readonly origin: string;
}

/** Statements of authorship that a site makes of itself; elsewhere its name is just its name. */
const SIGNING_SITE = new Set(["json-ld", "meta", "microdata", "rel", "byline"]);

/** The name of an account instead of a person's. */
const LOGIN = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Whether an account is the person's: it holds the family name. */
function isLoginOf(login: string, name: string): boolean {
  const family = foldLetters(name).split(/\s+/).at(-1) ?? "";
  return name.includes(" ") && family.length >= 3 && login.replace(/[._-]/g, "").includes(family);
}

/** Others that a second statement names beside all of the first. */
function withOthers(first: readonly Author[], second: readonly Author[]): readonly Author[] {
  const keys = new Set(second.map((author) => wordsKey(author.name)));
  if (first.length === 0 || second.length <= first.length) return first;
  if (!first.every((author) => keys.has(wordsKey(author.name)))) return first;
  const known = new Map(first.map((author) => [wordsKey(author.name), author]));
  return second.map((author) => known.get(wordsKey(author.name)) ?? author);
}

/** What cards for messengers say beside a label: `Written by` · `A B`. */
function labelledAuthors(page: PageMetadata): readonly Author[] {
  for (const number of ["1", "2"]) {
    const label = page.metas.get(`twitter:label${number}`)?.[0] ?? "";
    const value = page.metas.get(`twitter:data${number}`)?.[0];
    if (
      value !== undefined &&
      /\b(?:written|author|verfasst|geschrieben|écrit|escrito|scritto|geschreven|skriven|por|von|autor)\b/i.test(label)
    )
      return names([value]);
  }
  return [];
}

function unique(authors: readonly Author[]): readonly Author[] {
  const seen = new Set<string>();
  return authors.filter((author) => !seen.has(wordsKey(author.name)) && seen.add(wordsKey(author.name)));
}

function ldAuthors(page: PageMetadata, baseUrl: string | undefined): readonly Author[] {
  if (page.article === undefined) return [];
  const { graph, article } = page;
  return listOf(graph, article.author ?? article.creator).flatMap((item) => {
    const text = textIn(graph, item);
    if (text === undefined) return [];
    const address = typeof item === "object" && item !== null && "url" in item ? textIn(graph, item.url) : undefined;
    const found = names([text]);
    const link = resolveWebUrl(address, baseUrl);
    return found.length === 1 && found[0] !== undefined && link !== null ? [{ ...found[0], url: link }] : found;
  });
}

/** How far from the headline, in elements, its author is named; how far apart several authors are. */
const AUTHOR_BEFORE = 40;
const AUTHOR_AFTER = 150;
const AUTHORS_APART = { itemprop: 30, rel: 30, link: 8 } as const;

function nearHeadline(list: readonly Mark[], headline: number): readonly Mark[] {
  return list.filter(
    (mark) => headline === -1 || (mark.order > headline - AUTHOR_BEFORE && mark.order < headline + AUTHOR_AFTER),
  );
}

function markedAuthors(marks: readonly Mark[], headline: number, kind: Mark["kind"]): readonly Author[] {
  const list = marks.filter((mark) => mark.kind === kind && !isNested(mark, marks, kind));
  const near = nearHeadline(list, headline);
  for (const mark of near.length > 0 ? near : kind === "class" ? [] : list.slice(0, 3)) {
    const found = namesIn(mark.element);
    if (found.length === 0) continue;
    if (kind !== "rel" && kind !== "itemprop" && kind !== "link") return found;
    const beside = near.filter(({ order }) => Math.abs(order - mark.order) < AUTHORS_APART[kind]);
    return beside.length === 0 ? found : unique(beside.flatMap((other) => namesIn(other.element)));
  }
  return [];
}

/** The one person that elements named for authors name anywhere on the page; nobody where they name several. */
function loneAuthor(marks: readonly Mark[]): readonly Author[] {
  const named = marks.flatMap(({ element, kind }) => {
    const text = kind === "class" ? shortText([element], NAME_CHARACTERS_MAX) : undefined;
    const name = personIn(text?.replace(BY, ""));
    return name === undefined ? [] : names([name]);
  });
  const found = unique(named);
  return found.length === 1 ? found : [];
}

const PORTRAIT_LEVELS_MAX = 4;
const PORTRAIT_TEXT_MAX = 200;

/** Whose portrait stands near the headline, with the name beside it. */
function portrayedAuthors(marks: readonly Mark[], headline: number): readonly Author[] {
  if (headline === -1) return [];
  for (const { element } of nearHeadline(
    marks.filter((mark) => mark.kind === "portrait"),
    headline,
  )) {
    const name = personIn(element.attribs.alt);
    let at = element.parent;
    for (let level = 0; at !== null && "children" in at && level < PORTRAIT_LEVELS_MAX; at = at.parent, level++) {
      const text = shortText(at.children, PORTRAIT_TEXT_MAX);
      if (text === undefined) break;
      if (name !== undefined && text.replace(BY, "").startsWith(name)) return names([name]);
    }
  }
  return [];
}

function isNested(mark: Mark, marks: readonly Mark[], kind: Mark["kind"]): boolean {
  if (kind !== "class") return false;
  return marks.some(
    (other) =>
      other !== mark &&
      other.element.parent === mark.element &&
      other.kind === kind &&
      (shortText([other.element], ELEMENT_CHARACTERS_MAX) ?? "").length > 3,
  );
}

/** The names an author element holds: its `itemprop=name`, its links, or its text. */
function namesIn(element: Element): readonly Author[] {
  const content = element.attribs.content;
  if (content !== undefined) return names([content]);
  const whole = shortText([element], ELEMENT_CHARACTERS_MAX);
  if (whole === undefined) return [];
  const inner: string[] = [];
  const links: string[] = [];
  walkElements(element, (child) => {
    if (/\bname\b/.test(child.attribs.itemprop ?? ""))
      inner.push(child.attribs.content ?? shortText([child], NAME_CHARACTERS_MAX) ?? "");
    else if (child.name === "a" && !/^(mailto|tel):/.test(child.attribs.href ?? ""))
      links.push(shortText([child], NAME_CHARACTERS_MAX) ?? "");
  });
  const named = names(inner);
  if (named.length > 0) return named;
  if (whole.length > 250) return [];
  const linked = names(links);
  return linked.length > 0 ? linked : names([whole]);
}

const BY =
  /^(?:(?:written|posted|published|reported|story|words|text|article|report|interview|analysis|opinion|photos?|geschrieben|verfasst|erstellt|eingestellt|veröffentlicht|escrito|publicado|écrit|publié)\s+)?(?:by|von|par|por|di|door|av|af|от|автор|autor|author|auteur|text)\s*:?\s+/i;

/** `Author: A B`, `Written by A B on 5 May`: a line of its own, wherever it stands; a label alone speaks of the next line. */
const LABELLED =
  /^[-–—|•\s]{0,9}(?:(?:written|words|text|reported|posted|story|article)\s+by|(?:geschrieben|verfasst|erstellt|eingestellt)\s+von|(?:escrito|publicado)\s+por|(?:écrit|publié)\s+par|(?:authors?|author\(s\)|autor(?:in|en)?|auteur|autore|verfasser(?:in)?|redakteur(?:in)?|von|text)\s{0,2}(?::|$))\s{0,9}(.{0,80})$/iu;
/** What follows a name in such a line. */
const AFTER_NAME = /\s+(?:am|on|at|um|le|el|den|den|–|—|-|@|\||·|•)\s.*$|\s*[,@|·•(].*$/su;

/** Who signs a line of the page; nobody where several do: those are readers, or lists. */
function signedAuthors(segments: readonly Segment[]): readonly Author[] {
  const signed: Author[] = [];
  for (const [index, segment] of segments.entries()) {
    const said = segment.text.length > 120 || PICTURED.test(segment.text) ? null : LABELLED.exec(segment.text);
    if (said === null) continue;
    const text = said[1] === "" ? (segments[index + 1]?.text ?? "") : (said[1] ?? "");
    const [first] = text.length > 60 ? [] : names([text.replace(/\/\S{1,9}$/, "").replace(AFTER_NAME, "")]);
    if (first !== undefined && /^\p{Lu}/u.test(first.name)) signed.push(first);
  }
  const found = unique(signed);
  return found.length === 1 ? found : [];
}

/** A byline in a short line near the headline: `By A B`, `Published 7 August by A B`. */
function spokenAuthors(segments: readonly Segment[]): readonly Author[] {
  const title = Math.max(
    0,
    segments.findIndex((segment) => segment.level === 1),
  );
  for (const segment of [...segments.slice(title, title + 18), ...segments.slice(Math.max(0, title - 6), title)]) {
    if (segment.text.length > 160 || segment.level > 0) continue;
    if (segment.place.caption !== undefined || PICTURED.test(segment.text)) continue;
    const said = SIGNED.exec(segment.text)?.[1];
    const found = said === undefined ? [] : names([said]);
    if (found.length > 0) return found;
  }
  return [];
}

/** Who took the picture did not write the text. */
const PICTURED = /\b(?:photo|photograph|image|picture|foto|bild|illustration|graphic)s?\b/i;

/** `by` and its kin before two to four capitalized words, perhaps several such names. */
const SIGNED =
  /(?:^|[\s|·•–—-])(?:[Bb][Yy]|[Vv]on|[Pp]ar|[Pp]or|[Dd]oor|[Aa]v|[Aa]f|[Dd]i|Text|Autor|Author|Auteur)\s?:?\s+((?:\p{Lu}[\p{L}.'’-]*(?:\s+(?:(?:de|van|von|der|den|la|le|di|da|del|bin|al)\s+){0,2}\p{Lu}[\p{L}.'’-]*){1,3})(?:\s*(?:,|&|and|und|et|y)\s+\p{Lu}[\p{L}.'’-]*(?:\s+\p{Lu}[\p{L}.'’-]*){1,2}){0,4})/u;

/** Names out of texts such as `By A B and C D, Staff Writer | Jan 5`. */
export function names(texts: readonly string[]): readonly Author[] {
  return texts.flatMap((text) => (/^\s*https?:/i.test(text) ? [] : namesOf(text)));
}

const BETWEEN_NAMES =
  /\s*(?:[,;|/•·\n]|\s[–—-]\s|\s(?:and|und|et|y|e|og|och|en|with|&|im gespräch mit|in conversation with)\s)\s*/i;

function namesOf(text: string): readonly Author[] {
  const bare = foldText(text)
    .replace(/^(?:[Bb][Yy]\s*){1,2}[Bb][Yy]\s(?=\p{Lu})|^[Bb]y(?=\p{Lu})/u, "")
    .replace(BY, "")
    .replace(/^by\s+/i, "");
  const found: string[] = [];
  for (const part of bare.split(BETWEEN_NAMES).map(bareName)) {
    const last = found.at(-1);
    if (last !== undefined && DEGREE.test(part)) found[found.length - 1] = `${last}, ${part}`;
    else if (isName(part)) found.push(withCase(part));
  }
  return found.map((name) => ({ name }));
}

function bareName(part: string): string {
  return part
    .replace(BY, "")
    .replace(/\(.{0,60}\)|<.{0,80}>/g, "")
    .replace(/^[\s"“”'.:–-]+|[\s"“”':–-]+$/g, "")
    .trim();
}

/** Names all in capitals read like others. */
function withCase(name: string): string {
  return /^[^\p{Ll}]{6,}$/u.test(name) && /\p{Lu}{2}.*\s/u.test(name) ? capitalized(name) : name;
}

function capitalized(name: string): string {
  return name.replace(/\p{L}+/gu, (word) =>
    word.length > 2 || /[AEIOU]/i.test(word) ? (word[0] ?? "") + word.slice(1).toLowerCase() : word,
  );
}

const ROLE =
  /\b(editor|writer|reporter|correspondent|staff|contributor|contributing|journalist|columnist|producer|editor-in-chief|bureau|chief|fellow|specialist|analyst|author|press|updated?|published|posted|minutes?|read|min|comments?|ago|am|pm|est|edt|gmt|utc|bst|january|february|march|april|june|july|august|september|october|november|december|redakteur|redaktion|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b/i;

/** What stands behind names and belongs to them: degrees. */
const DEGREE =
  /^(?:[BDM]\.?[ADPS]\.?|M\.?B\.?A|M\.?Sc|B\.?Sc|Ph\.? ?D|Ed\.?D|J\.?D|LL\.?[BMD]|Esq|CPA|CFP|CFA|R\.?N|R\.?D\.?N?|D\.?O|D\.?D\.?S|MPH|MRCGP|FRCP|FRCS|Dipl\.-\p{L}{2,5}|[JS]r)\.?$/iu;

function isName(name: string): boolean {
  if (name.length < 2 || name.length > 60 || !/\p{L}/u.test(name)) return false;
  if (/https?:|www\.|@|[\d{}<>=]|\.(com|org|net|co)\b/i.test(name)) return false;
  if (name.split(/\s+/).length > 6 || ROLE.test(name) || /[*→»:]|\b(?:von|by|par|por)$/i.test(name)) return false;
  return true;
}
