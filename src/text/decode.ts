import { analyse } from "chardet";
import iconv from "iconv-lite";

export interface DecodeOptions {
  /** The Content-Type header, where one was sent. */
  readonly contentType?: string | undefined;
  /** Which in-band declaration counts: the XML prolog, or HTML's `meta`. */
  readonly markup: "xml" | "html" | "text";
}

export interface DecodedText {
  /** Well-formed (no lone surrogates), without a byte order mark. */
  readonly text: string;
  /** The encoding the bytes were read in, by its name in the WHATWG Encoding Standard where it has one. */
  readonly encoding: string;
}

/** How far the declaration of an XML document is looked for. */
const DECLARATION_BYTES_MAX = 4096;
/** The same for a page: browsers look at the first 1024 bytes, and again where a `meta` comes later (HTML §13.2.3.5). */
const META_BYTES_MAX = 65_536;
/** Bytes that are UTF-8 with so many sequences are nothing else, whatever their label says. */
const CERTAIN_WEIGHT = 16;
/** How much text an undeclared encoding is guessed from. */
const SAMPLE_BYTES_MAX = 16_384;

/**
 * Bytes to text. Order: byte order mark; UTF-16/32 told by its zero bytes; `charset` of the Content-Type; XML prolog
 * (RFC 7303 §3.2) or HTML `meta` (HTML §13.2.3); UTF-8 if the bytes are; UTF-8 with stray bytes read as windows-1252;
 * the guess of a detector; windows-1252. A label that the bytes contradict is passed over: pages saved or served as
 * UTF-8 still carry the label of their templates. Never throws.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions): DecodedText {
  const { text: read, encoding } = readBytes(bytes, options);
  const text = encoding === "utf-8" ? decodeAgain(read) : read;
  return { text: text.replace(/^\ufeff{1,8}/, ""), encoding };
}

function readBytes(bytes: Uint8Array, options: DecodeOptions): DecodedText {
  const marked = readByteOrderMark(bytes);
  if (marked !== null) return decodeMarked(bytes.subarray(marked.length), marked.encoding);
  const wide = findWideEncoding(bytes);
  if (wide !== null) return { text: decodeLoosely(bytes, wide), encoding: wide };
  return options.markup === "html" ? decodeHtml(bytes, options) : decodeXml(bytes, options);
}

// --------------------------------------------------------------------------------------- what the bytes say themselves

const BYTE_ORDER_MARKS: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ["utf-32le", [0xff, 0xfe, 0, 0]],
  ["utf-32be", [0, 0, 0xfe, 0xff]],
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

function readByteOrderMark(bytes: Uint8Array): { readonly encoding: string; readonly length: number } | null {
  for (const [encoding, mark] of BYTE_ORDER_MARKS) {
    if (mark.every((byte, index) => bytes[index] === byte)) return { encoding, length: mark.length };
  }
  return null;
}

function decodeMarked(bytes: Uint8Array, encoding: string): DecodedText {
  if (encoding !== "utf-8") return { text: decodeLoosely(bytes, encoding), encoding };
  const text = decodeStrictly(bytes, encoding);
  return { text: text ?? mendUtf8(bytes), encoding };
}

/**
 * Markup begins with ASCII, so the first characters of UTF-16 and UTF-32 show as zero bytes in fixed places
 * (XML 1.0 appendix F.1). A few characters are looked at, so that an odd zero byte decides nothing.
 */
function findWideEncoding(bytes: Uint8Array): string | null {
  const length = Math.min(bytes.length, 64) & ~3;
  if (length < 4) return null;
  const zeros = [0, 0, 0, 0];
  for (let index = 0; index < length; index++) {
    if (bytes[index] === 0) zeros[index & 3] = (zeros[index & 3] ?? 0) + 1;
  }
  const quarter = length / 4;
  const [first = 0, second = 0, third = 0, fourth = 0] = zeros.map((count) => count / quarter);
  if (second > 0.9 && third > 0.9) {
    if (first > 0.9 && fourth < 0.1) return "utf-32be";
    if (fourth > 0.9 && first < 0.1) return "utf-32le";
  }
  if (first + third > 1 && second + fourth < 0.2) return "utf-16be";
  if (second + fourth > 1 && first + third < 0.2) return "utf-16le";
  return null;
}

// ------------------------------------------------------------------------------------------------- XML and plain text

function decodeXml(bytes: Uint8Array, options: DecodeOptions): DecodedText {
  const utf8 = decodeStrictly(bytes, "utf-8");
  const labels = [charsetOf(options.contentType), options.markup === "xml" ? readProlog(bytes) : undefined];
  for (const label of labels) {
    const encoding = resolveLabel(label);
    if (encoding === null || isContradicted(encoding, bytes, utf8)) continue;
    const text = encoding === "utf-8" ? utf8 : decodeStrictly(bytes, encoding);
    if (text !== null) return { text, encoding };
  }
  if (utf8 !== null) return { text: utf8, encoding: "utf-8" };
  return decodeUndeclared(bytes, labels.map(resolveLabel).find((encoding) => encoding !== null) ?? null);
}

/**
 * Whether bytes that are valid UTF-8 show a label to be wrong: legacy text of a few words is never valid UTF-8 by
 * chance, while whole countries label UTF-8 as what their tools once wrote.
 */
function isContradicted(encoding: string, bytes: Uint8Array, utf8: string | null): boolean {
  if (encoding.startsWith("utf-16") || encoding.startsWith("utf-32")) return true;
  if (encoding === "us-ascii") return true;
  if (utf8 === null || encoding === "utf-8" || encoding.startsWith("iso-2022")) return false;
  return weighSequences(bytes, 16) >= (MULTI_BYTE.has(encoding) ? 8 : 2);
}

const MULTI_BYTE = new Set(["shift_jis", "euc-jp", "euc-kr", "gbk", "gb18030", "big5"]);

/** How much bytes known to be UTF-8 show it, up to `enough`: two bytes in a row may be chance once, three may not. */
function weighSequences(bytes: Uint8Array, enough: number): number {
  let weight = 0;
  for (let index = 0; index < bytes.length && weight < enough; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0xc0) weight += byte >= 0xe0 ? 2 : 1;
  }
  return weight;
}

/** XML 1.0 §4.3.3: `encoding` of the declaration; also where something else stands before it. */
function readProlog(bytes: Uint8Array): string | undefined {
  const head = asciiOf(bytes, DECLARATION_BYTES_MAX);
  const start = head.indexOf("<?xml");
  if (start === -1) return undefined;
  const end = head.indexOf(">", start);
  const declaration = head.slice(start, end === -1 ? start + 256 : end);
  return /\bencoding\s*=\s*["']?\s*([\w.:+-]+)/i.exec(declaration)?.[1];
}

// --------------------------------------------------------------------------------------------------------------- HTML

function decodeHtml(bytes: Uint8Array, options: DecodeOptions): DecodedText {
  const utf8 = decodeStrictly(bytes, "utf-8");
  if (utf8 !== null && weighSequences(bytes, CERTAIN_WEIGHT) >= CERTAIN_WEIGHT)
    return { text: utf8, encoding: "utf-8" };
  for (const readLabel of HTML_LABELS) {
    const encoding = readLabel(bytes, options);
    const text = encoding === null ? null : decodeLabelled(bytes, encoding, utf8);
    if (encoding !== null && text !== null) return { text, encoding: resolveStandardLabel(encoding) ?? encoding };
  }
  return utf8 === null ? decodeUndeclared(bytes, null) : { text: utf8, encoding: "utf-8" };
}

/** In the order of HTML §13.2.3.2; each is only asked where those before decide nothing. */
const HTML_LABELS: readonly ((bytes: Uint8Array, options: DecodeOptions) => string | null)[] = [
  (_bytes, { contentType }) => resolveLabel(charsetOf(contentType)),
  (bytes) => resolveInBand(readMeta(bytes)),
  (bytes) => resolveInBand(readProlog(bytes)),
];

/** The page in the encoding it was labelled with; null where the bytes show the label to be wrong. */
function decodeLabelled(bytes: Uint8Array, encoding: string, utf8: string | null): string | null {
  if (encoding === "utf-8") return utf8 ?? decodeStrayUtf8(bytes);
  if (utf8 !== null && isContradicted(encoding, bytes, utf8)) return null;
  if (encoding.startsWith("utf-")) return null;
  const text = decodeLoosely(bytes, encoding);
  return MULTI_BYTE.has(encoding) && isMostlyUnread(text) ? null : text;
}

/** UTF-8 with stray bytes; null where most of what is no ASCII is none. */
function decodeStrayUtf8(bytes: Uint8Array): string | null {
  const { good, bad } = countUtf8(bytes);
  return good >= bad ? mendUtf8(bytes) : null;
}

/** HTML §13.2.3.2: a label that could be read as ASCII does not mean UTF-16. */
function resolveInBand(label: string | undefined): string | null {
  const encoding = resolveLabel(label);
  return encoding?.startsWith("utf-16") || encoding?.startsWith("utf-32") ? "utf-8" : encoding;
}

function readMeta(bytes: Uint8Array): string | undefined {
  const head = asciiOf(bytes, META_BYTES_MAX).replace(/<!--.*?(?:-->|$)/gs, "");
  for (const [tag] of head.matchAll(/<meta[\s/][^>]*/gi)) {
    const label = /[\s/"']charset\s*=\s*["']?\s*([\w.:+-]+)/i.exec(tag)?.[1] ?? charsetOf(tag);
    if (label !== undefined && (/\bhttp-equiv\b/i.test(tag) || /[\s/"']charset\s*=/i.test(tag))) return label;
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------------------- labels

/** `charset` of a media type (RFC 9110 §8.3.1), quoted or not. */
function charsetOf(contentType: string | undefined): string | undefined {
  return contentType === undefined ? undefined : /;\s*charset\s*=\s*["']?\s*([\w.:+-]+)/i.exec(contentType)?.[1];
}

const UNUSABLE = new Set(["replacement", "x-user-defined"]);

/** The encoding a label means, null for labels that nobody knows. */
function resolveLabel(label: string | undefined): string | null {
  if (label === undefined) return null;
  const name = label.toLowerCase();
  if (ASCII_LABELS.has(name)) return "us-ascii";
  if (/^(?:utf-?32|ucs-?4)/.test(name)) return name.endsWith("be") ? "utf-32be" : "utf-32le";
  if (/^(?:utf-?7|unicode-1-1-utf-7|x-unicode-2-0-utf-7)$/.test(name)) return null;
  const known = resolveStandardLabel(name) ?? resolveStandardLabel(respell(name));
  if (known !== null) return UNUSABLE.has(known) ? null : known;
  return iconv.encodingExists(name) ? name : null;
}

const ASCII_LABELS = new Set(["us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us"]);

function resolveStandardLabel(name: string): string | null {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return null;
  }
}

/** Spellings outside the standard's list that mean one thing: `win-1251`, `windows1251`, `iso8859_15`, `utf_8`. */
function respell(name: string): string {
  return name
    .replace(/^(?:win|windows|cp|x-cp|ms)[-_]?(125\d|874)$/, "windows-$1")
    .replace(/^(?:x-)?iso[-_]?8859[-_]?(\d{1,2})$/, "iso-8859-$1")
    .replace(/^(?:x-)?utf[-_]?8.*$/, "utf-8")
    .replace(/^cp932$|^ms932$/, "shift_jis")
    .replace(/^cp936$/, "gbk")
    .replace(/^cp949$/, "euc-kr")
    .replace(/^cp950$/, "big5");
}

// ----------------------------------------------------------------------------------------------- nothing usable is said

/** Bytes that are not in the encoding that was `declared`, if any was. */
function decodeUndeclared(bytes: Uint8Array, declared: string | null): DecodedText {
  const { good, bad } = countUtf8(bytes);
  if (good > (declared === "utf-8" ? 0 : bad)) return { text: mendUtf8(bytes), encoding: "utf-8" };
  for (const encoding of [declared, guessEncoding(bytes)]) {
    if (encoding === null || encoding === "us-ascii" || encoding.startsWith("utf-")) continue;
    const text = decodeLoosely(bytes, encoding);
    if (!isMostlyUnread(text)) return { text, encoding };
  }
  return { text: decodeLoosely(bytes, "windows-1252"), encoding: "windows-1252" };
}

/** Whether a multi-byte reading failed more than now and then. */
function isMostlyUnread(text: string): boolean {
  let bad = 0;
  let high = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0xfffd) bad++;
    else if (code >= 0x80) high++;
  }
  return bad * 20 > high;
}

/** The detector's best guess that reads the text without a fault; null where it has none. */
function guessEncoding(bytes: Uint8Array): string | null {
  const sample = sampleText(bytes);
  for (const { name } of analyse(sample)) {
    const encoding = resolveLabel(name);
    if (encoding === null || encoding === "us-ascii" || encoding.startsWith("utf-")) continue;
    if (encoding.startsWith("iso-2022") || encoding === "iso-8859-8-i") continue;
    if (decodeStrictly(bytes, encoding) !== null) return encoding;
  }
  return null;
}

/** The words that hold high bytes, without the markup around them: what a detector can tell languages by. */
function sampleText(bytes: Uint8Array): Uint8Array {
  const sample = new Uint8Array(Math.min(bytes.length * 2, SAMPLE_BYTES_MAX));
  let length = 0;
  let high = -1;
  for (let index = 0; index < bytes.length && length < sample.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x80) high = index;
    // A high byte's neighbours belong to its word, or are the second halves of multi-byte characters.
    else if (high === -1 || index - high > 8) continue;
    if (byte === 0x3c || byte === 0x3e) sample[length++] = 0x20;
    else sample[length++] = byte;
  }
  return sample.subarray(0, length);
}

// ------------------------------------------------------------------------------------------------------ UTF-8, damaged

/**
 * Text that was encoded twice: its characters, taken for bytes, are UTF-8 again from the first to the last, control
 * characters among them that no text has.
 */
function decodeAgain(text: string): string {
  // The cheap question first: most texts hold a character beyond Latin-1, or V8 knows that they do not.
  if (/[^\u0000-\u00ff]/.test(text) || !/[\u0080-\u009f]/.test(text)) return text;
  return decodeStrictly(Buffer.from(text, "latin1"), "utf-8") ?? text;
}

/** The length of the UTF-8 sequence at `index`, 0 where there is none (RFC 3629 §4). */
function sequenceLength(bytes: Uint8Array, index: number): number {
  const lead = bytes[index] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const second = bytes[index + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let offset = 2; offset < length; offset++) {
    if (((bytes[index + offset] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** Multi-byte sequences of UTF-8, and high bytes that belong to none. */
function countUtf8(bytes: Uint8Array): { readonly good: number; readonly bad: number } {
  let good = 0;
  let bad = 0;
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index);
    if (length > 1) good++;
    else if (length === 0) bad++;
    index += length || 1;
  }
  return { good, bad };
}

/** UTF-8 whose stray bytes are read as windows-1252: what pasting from elsewhere leaves behind. */
function mendUtf8(bytes: Uint8Array): string {
  const mended = new Uint8Array(countMended(bytes));
  let end = 0;
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index);
    if (length === 0) {
      const stray = STRAY[bytes[index] ?? 0] ?? [];
      mended.set(stray, end);
      end += stray.length;
      index++;
    } else {
      for (const stop = index + length; index < stop; index++) mended[end++] = bytes[index] ?? 0;
    }
  }
  return new TextDecoder().decode(mended);
}

function countMended(bytes: Uint8Array): number {
  let total = 0;
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index);
    total += length === 0 ? (STRAY[bytes[index] ?? 0]?.length ?? 0) : length;
    index += length || 1;
  }
  return total;
}

/** What each byte is in windows-1252, as UTF-8. */
const STRAY: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) =>
  new TextEncoder().encode(new TextDecoder("windows-1252").decode(Uint8Array.of(byte))),
);

// ----------------------------------------------------------------------------------------------------------- decoders

/** Null where the bytes are not in this encoding. */
function decodeStrictly(bytes: Uint8Array, encoding: string): string | null {
  if (resolveStandardLabel(encoding) === null) {
    const text = decodeLoosely(bytes, encoding);
    return text.includes("\ufffd") ? null : text;
  }
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function decodeLoosely(bytes: Uint8Array, encoding: string): string {
  if (resolveStandardLabel(encoding) !== null) return new TextDecoder(encoding).decode(bytes);
  return iconv.decode(bytes, encoding).toWellFormed();
}

/** The bytes as characters of the same number: enough to find a declaration. */
function asciiOf(bytes: Uint8Array, length: number): string {
  return new TextDecoder("latin1").decode(bytes.subarray(0, length));
}
