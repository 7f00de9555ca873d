import { decodeHTMLStrict } from "entities/decode";

/** What numbers 128 to 159 are meant as (HTML §13.2.5.80). */
const WINDOWS_1252 = new TextDecoder("windows-1252").decode(
  Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index),
);

/** Characters that XML 1.0 §2.2 forbids (lone surrogates never come out of the decoder), and C1 controls. */
const UNWANTED = /[\0-\x08\x0b\x0c\x0e-\x1f\x80-\x9f\ufffe\uffff]/;
const ALL_UNWANTED = new RegExp(UNWANTED.source, "g");

/** The text without characters that no XML document may hold; C1 controls as the windows-1252 they were meant as. */
export function mendCharacters(text: string): string {
  return UNWANTED.test(text) ? inPieces(text, "", mendPiece) : text;
}

function mendPiece(text: string): string {
  return text.replace(ALL_UNWANTED, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] ?? "");
}

/** Entities of a document's own DTD. `budget` is how many characters they may still add; then they stay as written. */
export interface OwnEntities {
  readonly values: ReadonlyMap<string, string>;
  budget: number;
}

/**
 * Character and entity references once, by the names of HTML and of the document's DTD. A name needs its semicolon, so
 * that `?a=1&copy=2` stays; a number does not. What is no reference stays as it stands.
 */
export function decodeReferences(text: string, own: OwnEntities | null): string {
  return text.includes("&") ? inPieces(text, "&", (piece) => decodePiece(piece, own)) : text;
}

function decodePiece(text: string, own: OwnEntities | null): string {
  // The usual ones first and `&amp;` last: the engine replaces plain words many times faster than patterns.
  const usual = text
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"');
  const decoded = RARE_REFERENCE.test(usual) ? decodeRare(usual, own) : usual;
  return decoded.replace(/&amp;/g, "&");
}

/** Any reference but `&amp;`. */
const RARE_REFERENCE = /&(?!amp;)(?:#[xX]([0-9a-fA-F]{1,8});?|#([0-9]{1,10});?|([A-Za-z_][\w.-]{0,63});)/;
const RARE_REFERENCES = new RegExp(RARE_REFERENCE.source, "g");

function decodeRare(text: string, own: OwnEntities | null): string {
  const mended = text.includes("#128;") ? text.replace(BYTEWISE_PUNCTUATION, readPunctuation) : text;
  return mended.replace(RARE_REFERENCES, (whole, hex?: string, decimal?: string, name?: string) => {
    const value =
      name === undefined
        ? characterOf(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
        : lookUp(whole, name, own);
    // `&amp;` is decoded after this: an ampersand meant as a character must not begin another reference.
    return value.includes("&") && value !== whole ? value.replaceAll("&", "&amp;") : value;
  });
}

/** A replacement's matches are all held in memory at once, so a long text is worked on in pieces, cut before a mark. */
function inPieces(text: string, mark: string, work: (piece: string) => string): string {
  if (text.length <= PIECE_CHARACTERS) return work(text);
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const cut = text.indexOf(mark, start + PIECE_CHARACTERS);
    const end = cut === -1 ? text.length : cut;
    pieces.push(work(text.slice(start, end)));
    start = end;
  }
  return pieces.join("");
}

const PIECE_CHARACTERS = 65_536;

/** The bytes of UTF-8's punctuation (U+2000 to U+203F), each written as the character of windows-1252 it looked like. */
const BYTEWISE_PUNCTUATION = /&(?:#226|acirc);&#128;&(?:#(1\d\d)|([a-z]{2,6}\d?));/g;

function readPunctuation(run: string, number: string | undefined, name: string | undefined): string {
  const byte = number === undefined ? decodeHTMLStrict(`&${name};`).charCodeAt(0) : Number(number);
  return byte >= 0x80 && byte <= 0xbf ? String.fromCharCode(0x2000 + byte - 0x80) : run;
}

/** Names seen most, so that the table of all is searched less. */
const NAMED = new Map([
  ["apos", "'"],
  ["nbsp", "\u00a0"],
]);

function lookUp(whole: string, name: string, own: OwnEntities | null): string {
  const value = own?.values.get(name);
  if (own === null || value === undefined) return NAMED.get(name) ?? decodeHTMLStrict(whole);
  own.budget -= Math.max(0, value.length - whole.length);
  return own.budget < 0 ? whole : value;
}

function characterOf(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  return mendCharacters(String.fromCodePoint(code));
}

const ENTITY_DECLARATION = /<!ENTITY\s+([A-Za-z_][\w.-]{0,63})\s+(?:"([^"<]{0,256})"|'([^'<]{0,256})')\s*>/g;

/**
 * The short literal entities of a DTD's internal subset (XML 1.0 §4.2). One that refers to other entities is left out:
 * nothing is expanded twice. Parameter and external entities are never read.
 */
export function readOwnEntities(subset: string, budget: number): OwnEntities {
  const values = new Map<string, string>();
  for (const [, name = "", double, single] of subset.matchAll(ENTITY_DECLARATION)) {
    const literal = double ?? single ?? "";
    if (!values.has(name) && !/&\w/.test(literal)) values.set(name, decodeReferences(literal, null));
  }
  return { values, budget };
}
