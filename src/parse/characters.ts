import { decodeHTMLStrict } from "entities/decode";

/** Characters that XML 1.0 §2.2 forbids, but for lone surrogates, which the decoder never yields. */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const HAS_FORBIDDEN = new RegExp(FORBIDDEN.source);

/** The text without characters that no XML document may hold. */
export function stripForbidden(text: string): string {
  return HAS_FORBIDDEN.test(text) ? text.replace(FORBIDDEN, "") : text;
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
  return text.replace(
    REFERENCE,
    (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return KNOWN.get(name) ?? lookUp(whole, name, own);
      return characterOf(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    },
  );
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

/** Numbers 128 to 159 are meant as windows-1252 (HTML §13.2.5.80). */
const WINDOWS_1252 = new TextDecoder("windows-1252").decode(
  Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index),
);

function characterOf(code: number): string {
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252[code - 0x80] ?? "";
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  return stripForbidden(String.fromCodePoint(code));
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
