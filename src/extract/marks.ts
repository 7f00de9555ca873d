import type { ChildNode, Document, Element, ParentNode } from "domhandler";
import { textOf } from "../html/sanitize.ts";
import { foldText } from "../html/text.ts";
import { isOfAnotherItem, walkElements } from "./metadata.ts";
import { wordsKey } from "./words-key.ts";

/** Elements that say a fact by name, each with its place in document order. */
export interface Marks {
  readonly authors: readonly AuthorMark[];
  readonly dates: readonly DateMark[];
  readonly tags: readonly string[];
  /** Place of the headline; -1 where none was seen. */
  readonly headline: number;
}

interface Mark<Kind> {
  readonly element: Element;
  readonly order: number;
  readonly kind: Kind;
}

export type DateMark = Mark<"itemprop" | "time" | "class">;
export type AuthorMark = Mark<"itemprop" | "rel" | "class" | "link" | "portrait">;

const MARKS_MAX = 400;
const TAG_CHARACTERS_MAX = 400;
const AUTHOR_NAME =
  /(^|[\s_-])(byline|author|authors|p-author|writer|contributor|bylines|reporter|autor|auteur|redakteur)([\s_-]|$)/i;
const AUTHOR_PART = /(byline|author(?!ity|iz)|autor)/i;
/** Where sites keep the pages of those who write for them. */
const AUTHOR_PATH =
  /\/(?:authors?|autor(?:en|es)?|auteurs?|staff|contributors?|writers?|reporters?|journalists?|columnists?|correspondents?|editors?|redaktion|redakteure?|newsteam|byline|bios?|profiles?|people|producers)\/[^/?#]{2,80}\/?(?:$|[?#])|[?&]_?author=[^&#]{2,80}/i;
const DATE_PART = /(date|publish|time(?!line)|posted|updated|modified|dateline|fecha|datum)/i;

export function readMarks(document: Document, title: string): Marks {
  const authors: AuthorMark[] = [];
  const dates: DateMark[] = [];
  const tags: string[] = [];
  const key = wordsKey(title);
  let order = 0;
  let headline = -1;
  walkElements(document, (element) => {
    order++;
    const { attribs, name } = element;
    if (
      headline === -1 &&
      (name === "h1" || name === "h2" || name === "div") &&
      key !== "" &&
      isHeadline(element, title, key)
    )
      headline = order;
    const property = isOfAnotherItem(element) ? undefined : attribs.itemprop;
    const names =
      attribs.class === undefined && attribs.id === undefined ? "" : `${attribs.class ?? ""} ${attribs.id ?? ""}`;
    const rel = attribs.rel;
    if (authors.length < MARKS_MAX) {
      if (property !== undefined && /\b(author|creator)\b/.test(property))
        authors.push({ element, order, kind: "itemprop" });
      else if (rel !== undefined && /\bauthor\b/.test(rel)) authors.push({ element, order, kind: "rel" });
      else if (name === "a" && AUTHOR_PATH.test(attribs.href ?? "")) authors.push({ element, order, kind: "link" });
      else if (name === "img" && personIn(attribs.alt) !== undefined)
        authors.push({ element, order, kind: "portrait" });
      else if (
        names !== "" &&
        name !== "body" &&
        name !== "html" &&
        (AUTHOR_NAME.test(names) || AUTHOR_PART.test(names))
      )
        authors.push({ element, order, kind: "class" });
    }
    if (dates.length < MARKS_MAX) {
      if (property !== undefined && /date(Published|Modified|Created)/i.test(property))
        dates.push({ element, order, kind: "itemprop" });
      else if (name === "time") dates.push({ element, order, kind: "time" });
      else if (names !== "" && name !== "body" && name !== "html" && DATE_PART.test(names))
        dates.push({ element, order, kind: "class" });
    }
    if (tags.length < 40 && rel !== undefined && /(^|\s)tag(\s|$)/.test(rel))
      tags.push(foldText(shortText([element], TAG_CHARACTERS_MAX) ?? ""));
  });
  return { authors, dates, tags, headline };
}

/** White space and marks that a headline's element may hold beside the title. */
const MARGIN_CHARACTERS = 400;

function isHeadline(element: Element, title: string, key: string): boolean {
  if (element.children.length > 8) return false;
  const text = shortText(element.children, title.length + MARGIN_CHARACTERS);
  return text !== undefined && text.length < title.length * 2 + 40 && wordsKey(text.slice(0, 400)) === key;
}

/** More nodes hold no line of facts. */
const NODES_MAX = 400;

/**
 * The text of what says a fact; undefined where the nodes hold more than `charactersMax`, which is found out without
 * reading on: elements with telling names may stand in one another, each around the whole page.
 */
export function shortText(nodes: readonly ChildNode[], charactersMax: number): string | undefined {
  const stack = [...nodes.slice(0, NODES_MAX)];
  let seen = nodes.length;
  let characters = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === "text") characters += node.data.length;
    else if (node.type === "tag") {
      seen += node.children.length;
      if (seen <= NODES_MAX) stack.push(...node.children);
    }
    if (characters > charactersMax || seen > NODES_MAX) return undefined;
  }
  return textOf(nodes);
}

const COMMENT_WORDS =
  /(?:^|[\s_-])(?:comments?|commentlist|kommentare?|commentaires?|comentarios?|respond|disqus)(?:$|[\s_-])/i;
const ANCESTORS_MAX = 12;

/** Whether an element stands among what readers wrote. */
export function isSaidByReaders(element: Element): boolean {
  let at: ParentNode | null = element;
  for (let level = 0; at !== null && level < ANCESTORS_MAX; at = at.parent, level++) {
    if (at.type !== "tag" || at.name === "body") return false;
    if (COMMENT_WORDS.test(at.attribs.class ?? "") || COMMENT_WORDS.test(at.attribs.id ?? "")) return true;
  }
  return false;
}

const PERSON =
  /^\p{Lu}[\p{L}.'’-]*(?: (?:(?:de|van|von|der|den|la|le|di|da|del|bin|al) ){0,2}\p{Lu}[\p{L}.'’-]*){1,3}$/u;

/** The person a picture's alternative text names, where it names nothing else. */
export function personIn(alt: string | undefined): string | undefined {
  if (alt === undefined || alt.length > 80) return undefined;
  const name = foldText(alt)
    .replace(/^(?:photo|picture|image|avatar|portrait|headshot|bild|foto) (?:of|for|von) /i, "")
    .replace(/(?:['’]s?)? (?:image|photo|picture|avatar|portrait|headshot|profile(?: picture)?|bild|foto)$/i, "");
  return PERSON.test(name) ? name : undefined;
}
