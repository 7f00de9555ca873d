import { hash } from "node:crypto";
import type { IdentityKey } from "../model/candidate.ts";
import type { ParsedItem } from "../model/parsed.ts";
import type { StoryContent } from "../model/story.ts";
import { urlIdentity } from "../model/url.ts";

/** Characters of text below which "the same text" says nothing ("Daily briefing"). */
const DISTINCTIVE_TEXT = 120;

/** A guid shorter than this is a place in the list or a counter as likely as a name. */
const DISTINCTIVE_GUID = 5;

/** 22 base64url characters: 128 bits of SHA-256. */
export function shortHash(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 22);
}

/**
 * The keys of one item, strongest first: the publisher's guid, the identity of its own address (`rel=canonical` before
 * the link), the digest of its title and text. A digest stands only where the text is long enough to tell stories
 * apart, or where the item has nothing else.
 */
export function identityKeys(item: ParsedItem, plainText: string): readonly IdentityKey[] {
  const keys: IdentityKey[] = [];
  const guid = item.guid?.trim() ?? "";
  const address = item.canonicalUrl ?? item.url;
  if (guid.length >= DISTINCTIVE_GUID || (guid !== "" && address === undefined)) {
    keys.push({ kind: "guid", key: shortHash(`guid\n${guid}`) });
  }
  if (address !== undefined) keys.push({ kind: "url", key: shortHash(`url\n${urlIdentity(address)}`) });
  if (item.canonicalUrl !== undefined && item.url !== undefined) {
    const own = shortHash(`url\n${urlIdentity(item.url)}`);
    if (keys.every(({ key }) => key !== own)) keys.push({ kind: "url", key: own });
  }
  if (keys.length === 0 || plainText.length >= DISTINCTIVE_TEXT) {
    keys.push({ kind: "digest", key: shortHash(`digest\n${fold(item.title)}\n${fold(plainText)}`) });
  }
  return keys;
}

/**
 * Keys that several items of one document share tell nothing about any of them (one guid for all, every link the front
 * page), so they are taken from all of those items.
 */
export function distinctKeys(lists: readonly (readonly IdentityKey[])[]): readonly (readonly IdentityKey[])[] {
  const uses = new Map<string, number>();
  for (const keys of lists) for (const { kind, key } of keys) uses.set(kind + key, (uses.get(kind + key) ?? 0) + 1);
  return lists.map((keys) => keys.filter(({ kind, key }) => uses.get(kind + key) === 1));
}

/**
 * White space and punctuation of ASCII, Latin-1 and the General Punctuation block, but not a single space, which stays as
 * it is: a plain class is ten times the speed of \p{P}, and most gaps between words are single spaces.
 */
const BETWEEN_WORDS =
  /[\s!-/:-@[-`{-~\u00a1-\u00bf\u2000-\u206f]{2,}|[\t-\r!-/:-@[-`{-~\u00a0-\u00bf\u2000-\u206f\u3000\ufeff]/g;
const BEYOND_LATIN = /[^\u0000-\u024f\u2000-\u206f]/;

/** Case, white space and punctuation aside: what "the same title" means. */
export function fold(text: string): string {
  const composed = BEYOND_LATIN.test(text) ? text.normalize("NFKC") : text;
  return composed.toLowerCase().replace(BETWEEN_WORDS, " ").trim();
}

/** What stories of several sources share when they are one story: the identity of the canonical address. */
export function clusterOf(content: Pick<StoryContent, "canonicalUrl" | "url">): string | null {
  const address = content.canonicalUrl ?? content.url;
  return address === undefined ? null : shortHash(`url\n${urlIdentity(address)}`);
}
