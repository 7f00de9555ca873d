import { decodeHTML } from "entities";
import { ISO_639 } from "./languages.ts";

/**
 * C0 but tab, LF and CR, DEL, C1, noncharacters (the last two of each plane among them): what XML 1.0 §2.2 forbids or
 * discourages, HTML counts as parse errors, or validators warn of; and U+FFFD, the mark of text that was lost.
 */
const FORBIDDEN =
  /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\uFDD0-\uFDEF\uFFFD-\uFFFF]|[\uD83F\uD87F\uD8BF\uD8FF\uD93F\uD97F\uD9BF\uD9FF\uDA3F\uDA7F\uDABF\uDAFF\uDB3F\uDB7F\uDBBF\uDBFF][\uDFFE\uDFFF]/;
const FORBIDDEN_ALL = new RegExp(FORBIDDEN.source, "g");

/** Whether text holds a character that no document of ours may carry, or half of one. */
export function hasForbiddenCharacters(text: string): boolean {
  return FORBIDDEN.test(text) || !text.isWellFormed();
}

/** U+00C2 or U+00C3 before a character of the same range: how UTF-8 looks that was read as Latin-1. */
const DOUBLE_ENCODED = /[\xC2\xC3][\x80-\xBF]/;
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Whether text was encoded in UTF-8 twice ("fÃ¼r"): all of it fits into Latin-1, and its bytes there are sound UTF-8
 * with more than ASCII in it. Text that was meant so ("«AMANHû") is not sound.
 */
function decodeTwice(segment: string): string | null {
  if (!DOUBLE_ENCODED.test(segment) || !/^[\0-\xFF]*$/.test(segment)) return null;
  try {
    return STRICT_UTF8.decode(Buffer.from(segment, "latin1"));
  } catch {
    return null; // TypeError: not UTF-8, so it means what it says
  }
}

/** Parts of a text as XML parsers hand them out: between line breaks, tags and references. */
const SEGMENTS = /[^<>&"\n]+/g;

/** The first part of a text that was encoded twice; validators warn of it. */
export function findDoubleEncoded(text: string): string | undefined {
  if (!DOUBLE_ENCODED.test(text)) return undefined;
  return text.match(SEGMENTS)?.find((segment) => decodeTwice(segment) !== null);
}

function mendDoubleEncoding(text: string): string {
  if (!DOUBLE_ENCODED.test(text)) return text;
  return text.replace(SEGMENTS, (segment) => decodeTwice(segment) ?? segment);
}

/** What is dropped or decoded may bring together what must be decoded in turn; texts meant to be read settle at once. */
const ROUNDS_MAX = 8;

/** Text without the characters that no document may carry, double encoding undone. Line breaks stay. */
export function cleanText(text: string): string {
  let current = text;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    // Half a character becomes U+FFFD, which is forbidden.
    const mended = mendDoubleEncoding(current).toWellFormed();
    const cleaned = FORBIDDEN.test(mended) ? mended.replace(FORBIDDEN_ALL, "") : mended;
    if (cleaned === current) break;
    current = cleaned;
  }
  return current;
}

const WORD_JOINER = "\u2060";

/**
 * One line of plain text. Where a reader that takes plain text for markup would see a tag, a character reference or the
 * end of a CDATA section, an invisible word joiner (U+2060) breaks it up: the text looks as it should in every reader,
 * nothing in it can come alive, and validators do not take it for markup that was put in the wrong place.
 */
export function plainText(text: string): string {
  const line = foldedText(foldedText(text));
  if (!/[<&]|\]\]>/.test(line)) return line;
  return line
    .replaceAll("]]>", `]]${WORD_JOINER}>`)
    .replace(/<(?=[A-Za-z/!?])/g, `<${WORD_JOINER}`)
    .replace(/&[#A-Za-z][#A-Za-z0-9]{0,32};?/g, (found) =>
      decodeHTML(found) === found && !found.startsWith("&#") ? found : `&${WORD_JOINER}${found.slice(1)}`,
    );
}

/** Clean text on one line; what is folded or decoded may want the other again, once. */
function foldedText(text: string): string {
  return cleanText(text).replace(/\s+/g, " ").trim();
}

/** Plain text as HTML that shows it. */
export function textAsHtml(text: string): string {
  return text.replace(/[&<>]/g, (character) => (character === "&" ? "&amp;" : character === "<" ? "&lt;" : "&gt;"));
}

/** The beginning of a text, cut between words, with an ellipsis where something was cut. */
export function excerpt(text: string, lengthMax: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= lengthMax) return line;
  const cut = line.slice(0, lengthMax).replace(/[\uD800-\uDBFF]$/, "");
  const space = cut.lastIndexOf(" ");
  return `${(space > lengthMax / 2 ? cut.slice(0, space) : cut).replace(/[\s.,;:–—-]+$/, "")}…`;
}

/** RFC 3986 characters only, `%` with two hexadecimal digits, no user name or password, a host. */
const READY_URL =
  /^https?:\/\/(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d+)?\/(?:[\w;/?:@&=+$.\-!~*'(),]|%[0-9A-Fa-f]{2})*(?:#(?:[\w;/?:@&=+$.\-!~*'(),]|%[0-9A-Fa-f]{2})*)?$/;
/** What the WHATWG serialization leaves as it is, and RFC 3986 and validators do not allow. */
const UNSAFE_IN_URL = /[^\w;/?:@&=+$.\-!~*'(),%]|%(?![0-9A-Fa-f]{2})/gu;

/**
 * An http or https URL as validators want it: RFC 3986 characters, the rest percent-encoded, punycode host. User name
 * and password are cut off: no document tells them. Undefined where the value is no such URL.
 */
export function webUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (READY_URL.test(value)) return value;
  const url = URL.parse(cleanText(value).trim());
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return undefined;
  const encode = (part: string) => part.replace(UNSAFE_IN_URL, encodeURIComponent);
  const fragment = url.hash === "" ? "" : `#${encode(url.hash.slice(1))}`;
  return `${url.protocol}//${url.host}${encode(url.pathname + url.search)}${fragment}`;
}

/** The host that shows in a text. */
export function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? url;
}

/**
 * A BCP 47 tag in its canonical form, hyphens for underscores; undefined where it is malformed, or its language is
 * none of ISO 639-1 and 639-2 (validators know no other).
 */
export function languageTag(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    const [tag = ""] = Intl.getCanonicalLocales(value.trim().replaceAll("_", "-"));
    return ISO_639.has(tag.split("-")[0] ?? "") ? tag : undefined;
  } catch {
    return undefined; // RangeError: not well-formed (RFC 5646 §2.1)
  }
}

/** 1990-01-01T00:00:00Z: validators take what is older for a broken clock. */
const EARLIEST = Date.UTC(1990, 0, 1);
/** 9999-12-31T23:59:59.999Z: the last instant that has a four-digit year. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** An instant (milliseconds since 1970 UTC) that every format can say: whole, from 1990 on, of a four-digit year. */
export function sayableInstant(instant: number): number {
  return Number.isNaN(instant) ? EARLIEST : Math.trunc(Math.min(Math.max(instant, EARLIEST), LATEST));
}

/** RFC 3339 in UTC with milliseconds. */
export function rfc3339(instant: number): string {
  return new Date(instant).toISOString();
}

const EMAIL = /^[A-Za-z0-9_+.'!#$%&*/=?^`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9-]{1,63}$/;

/** An address as RFC 5322 §3.4.1 has it without quotes and comments; undefined for anything else. */
export function emailAddress(value: string | undefined): string | undefined {
  const trimmed = value?.trim() ?? "";
  return EMAIL.test(trimmed) ? trimmed : undefined;
}
