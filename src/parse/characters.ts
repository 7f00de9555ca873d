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
  if (!UNWANTED.test(text)) return text;
  return text.replace(ALL_UNWANTED, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] ?? "");
}

/** Entities of a document's own DTD. `budget` is how many characters they may still add. */
export interface OwnEntities {
  readonly values: ReadonlyMap<string, string>;
  budget: number;
}

const REFERENCE = /&(?:#[xX]([0-9a-fA-F]{1,8});?|#([0-9]{1,10});?|([A-Za-z_][\w.-]{0,63});)/g;

/**
 * Character and entity references once, by the names of HTML and of the document's DTD. A name needs its semicolon, so
 * that `?a=1&copy=2` stays; a number does not. What is no reference stays as it stands.
 */
export function decodeReferences(text: string, own: OwnEntities | null): string {
  if (!text.includes("&")) return text;
  const decoded = HIGH_BYTES.test(text) ? text.replace(HIGH_BYTES_RUN, readByteReferences) : text;
  return decoded.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return KNOWN.get(name) ?? lookUp(whole, name, own);
    return characterOf(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** References to characters 128 to 255, one after another: the bytes of UTF-8, written one by one. */
const HIGH_BYTES = /&(?:#(?:19[4-9]|2[0-4]\d)|[aA-Z][a-z]{2,5});&(?:#1[2-9]\d|[a-z]{2,6}\d?);/;
const HIGH_BYTES_RUN = /(?:&(?:#(?:1[2-9]\d|2[0-4]\d)|[A-Za-z]{2,6}[1-4]{0,2});){2,64}/g;

function readByteReferences(run: string): string {
  const bytes = run
    .slice(1, -1)
    .split(";&")
    .map((reference) => (reference.startsWith("#") ? Number(reference.slice(1)) : decodeHTMLStrict(`&${reference};`)))
    .map((value) => (typeof value === "number" ? value : value.charCodeAt(0)));
  if (bytes.some((byte) => byte < 0x80 || byte > 0xff)) return run;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    return run;
  }
}

const KNOWN = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", "\u00a0"],
]);

function lookUp(whole: string, name: string, own: OwnEntities | null): string {
  const value = own?.values.get(name);
  if (own === null || value === undefined) return decodeHTMLStrict(whole);
  own.budget -= value.length;
  return own.budget < 0 ? "" : value;
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
