import type { Element } from "domhandler";
import { textOf } from "../html/text.ts";
import { type AbsoluteUrl, resolveWebUrl, urlIdentity } from "../model/url.ts";
import { closest, isHeading, type PageTree, type Spot } from "./listing-tree.ts";

/** A link that may lead to a story. */
export interface Link {
  readonly spot: Spot;
  readonly url: AbsoluteUrl;
  /** Equal for two links to the same story. */
  readonly identity: string;
  readonly text: string;
  /** Stands in a heading or holds one. */
  readonly heading: boolean;
  /** Other stories are linked with the same few words: "Read more". */
  readonly repeated: boolean;
  /** Runs along in a sentence. */
  readonly inline: boolean;
  /** Tags and shared classes of the link and its next ancestors: equal for the links of one kind of card. */
  readonly family: string;
  /** How much its address looks like a story's, from -1 to 1. */
  readonly address: number;
}

const TEXT_LENGTH_MAX = 2000;
const FAMILY_LEVELS = 4;

/** First parts of paths that lead to parts of a site, its people and its service, in the languages seen most. */
const SECTION_PART =
  /^(?:tags?|tagged|topics?|temas?|themen?|thema|categor(?:y|ies|ia|ie)|kategorien?|rubriken?|rubriques?|sections?|secciones|authors?|autor(?:es|en)?|auteurs?|people|profiles?|users?|u|members?|hashtag|search|suche|buscar|log-?in|sign-?in|sign-?up|register|account|subscribe|subscriptions?|newsletters?|about|about-us|contact|contact-us|privacy|terms|legal|imprint|impressum|advertise|jobs?|careers?|help|faq|feeds?|rss|shop|store|cart|donate|page|share)$/i;

const SHARE_HOST =
  /(?:^|\.)(?:facebook|twitter|x|linkedin|pinterest|reddit|whatsapp|telegram|t|instagram|youtube|tiktok|bsky|threads|tumblr|vk|weibo|addtoany|flipboard)\.(?:com|me|app|net)$/i;

/** Sounds, pictures and documents are no stories. */
const FILE = /\.(?:mp3|m4a|mp4|m3u8|ogg|wav|jpe?g|png|gif|webp|svg|pdf|zip|docx?|xlsx?|pptx?|xml|rss|ics)$/i;

const INDEX = /^(?:index|default)\.\w{2,5}$/i;

/** What tells a story's address from a section's: a long last part, a number, a date. */
function addressScore(url: AbsoluteUrl, page: string | undefined): number {
  const parsed = new URL(url);
  const parts = parsed.pathname.split("/").filter((part) => part !== "");
  const last = (INDEX.test(parts.at(-1) ?? "") ? parts.at(-2) : parts.at(-1)) ?? "";
  if (SHARE_HOST.test(parsed.hostname) && !page?.includes(parsed.hostname)) return -1;
  if (FILE.test(last)) return -1;
  if (parts.length === 0) return parsed.search.length > 4 ? 0 : -1;
  if (parts.slice(0, -1).some((part) => SECTION_PART.test(part)) || SECTION_PART.test(last)) return -0.6;
  const words = last
    .replace(/\.\w{2,5}$/, "")
    .split(/[-_+]|%20/)
    .filter((part) => part !== "").length;
  let score = 0;
  if (words >= 4) score += 0.6;
  else if (words === 3) score += 0.3;
  if (/\d{4,}/.test(parsed.pathname + parsed.search)) score += 0.3;
  if (/\/(?:19|20)\d\d\/\d{1,2}\//.test(parsed.pathname)) score += 0.3;
  if (/\.(?:s?html?|php|aspx?)$/.test(last)) score += 0.1;
  if (parts.length === 1 && words <= 2 && !/\d{4,}/.test(last)) score -= 0.3;
  return Math.max(-1, Math.min(1, score));
}

/** Named by classes until two levels had some; beyond these, classes tell one section of the page from another. */
function familyOf(spot: Spot): string {
  const names: string[] = [];
  let classed = 0;
  for (let at: Spot | null = spot, level = 0; at !== null && level < FAMILY_LEVELS; at = at.parent, level++) {
    names.push(classed < 2 ? at.name : at.element.name);
    if (at.name !== at.element.name) classed++;
  }
  return names.join("<");
}

const SENTENCE_LENGTH = 40;

/** Text beside the link in the same paragraph: it runs along in a sentence. `beside` keeps what was counted. */
function isInline(spot: Spot, beside: Map<Element, number>): boolean {
  const block = closest(
    spot,
    3,
    (one) => one.element.name === "p" || one.element.name === "li" || one.element.name === "td",
  );
  if (block === null || block === spot) return false;
  const parent = spot.parent?.element;
  if (parent === undefined) return false;
  const known = beside.get(parent);
  const length = known ?? ownLength(parent);
  if (known === undefined) beside.set(parent, length);
  return length >= SENTENCE_LENGTH;
}

function ownLength(element: Element): number {
  let length = 0;
  for (const child of element.children) if (child.type === "text") length += child.data.trim().length;
  return length;
}

function holdsHeading(spot: Spot, tree: PageTree): boolean {
  const limit = Math.min(spot.end, spot.index + 40);
  for (let at = spot.index + 1; at < limit; at++) {
    const inner = tree.spots[at];
    if (inner !== undefined && isHeading(inner.element)) return true;
  }
  return false;
}

const HEARD_ONLY = /(?:^|[-_\s])(?:sr-only|visually-?hidden|screen-?reader(?:-text)?|assistive(?:-text)?)(?:$|[-_\s])/i;

/** What a link shows: "Continue reading" without the title that screen readers hear beside it, where that is not all. */
function linkText(element: Element): string {
  const shown = element.children.filter((node) => node.type !== "tag" || !HEARD_ONLY.test(node.attribs.class ?? ""));
  const text = shown.length === element.children.length ? "" : textOf(shown);
  return (text === "" ? textOf(element.children) : text).slice(0, TEXT_LENGTH_MAX);
}

/** Every link of the page that leads to another page, in document order. */
export function listLinks(tree: PageTree, base: string | undefined, page: string | undefined): readonly Link[] {
  const links: Link[] = [];
  const identities = new Map<string, string>();
  const beside = new Map<Element, number>();
  for (const spot of tree.spots) {
    const href = spot.element.name === "a" ? spot.element.attribs.href : undefined;
    if (href === undefined || href.trim().startsWith("#")) continue;
    const url = resolveWebUrl(href, base);
    if (url === null) continue;
    const identity = identities.get(url) ?? urlIdentity(url);
    identities.set(url, identity);
    links.push({
      spot,
      url,
      identity,
      text: linkText(spot.element),
      repeated: false,
      heading: closest(spot, 3, (one) => isHeading(one.element)) !== null || holdsHeading(spot, tree),
      inline: isInline(spot, beside),
      family: familyOf(spot),
      address: addressScore(url, page),
    });
  }
  return markRepeated(links);
}

const REPEATED = { stories: 3, words: 5, counted: 3 };

/** `12 comments` and `3 comments` are the same words; `The 12 best bridges of 2024` and its like are titles. */
function repeatKey(text: string): string {
  const key = text.toLowerCase();
  return key.length < 40 && wordCount(key) <= REPEATED.counted ? key.replace(/\d+/g, "0") : key;
}

function markRepeated(links: readonly Link[]): readonly Link[] {
  const stories = new Map<string, Set<string>>();
  for (const { text, identity } of links) {
    const key = repeatKey(text);
    const set = stories.get(key) ?? new Set<string>();
    stories.set(key, set.add(identity));
  }
  return links.map((link) => {
    const many = link.text !== "" && (stories.get(repeatKey(link.text))?.size ?? 0) >= REPEATED.stories;
    return many && wordCount(link.text) <= REPEATED.words ? { ...link, repeated: true } : link;
  });
}

/** How many words a text has; scripts without spaces count two characters a word. */
export function wordCount(text: string): number {
  const dense = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0;
  return Math.round(dense / 2) + (text.match(/[\p{L}\p{N}][^\s]*/gu)?.length ?? 0) - (dense > 0 ? 1 : 0);
}
