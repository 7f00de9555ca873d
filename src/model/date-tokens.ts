import { foldWord } from "./calendar-words.ts";

/** A number, word or mark of a date text; numbers have Latin digits, words are folded for look-up. */
export interface Token {
  readonly kind: "number" | "word" | "mark";
  /** As written, numbers with Latin digits. */
  readonly text: string;
  /** Of a word: as `foldWord` gives it. */
  readonly key: string;
  /** Of a number: its value, else NaN. */
  readonly value: number;
  /** White space stands before it. */
  readonly spaced: boolean;
}

/** Code points of the digit 0 in the scripts that have digits of their own. */
const ZEROS = [
  0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810, 0xff10,
];

function latinDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  const zero = ZEROS.find((start) => code >= start && code < start + 10);
  return zero === undefined ? digit : String(code - zero);
}

/** Digits of every script as 0 to 9; invisible marks of direction dropped; full-width marks and odd dashes made plain. */
export function plainDigits(text: string): string {
  return text
    .replace(/[^\P{Nd}0-9]/gu, latinDigit)
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]/g, "")
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll("（", "(")
    .replaceAll("）", ")")
    .replaceAll("：", ":")
    .replaceAll("／", "/")
    .replaceAll("．", ".")
    .replace(/[،，、]/g, ",");
}

/** Units that are written on to their number in Korean; Han characters stand alone anyway. */
const SUFFIXED = "[년월일시분초]";
const TOKEN = new RegExp(
  `(\\d+)|(\\p{Script=Han}|(?<=\\d)${SUFFIXED}|(?:(?!\\p{Script=Han})[\\p{L}\\p{M}])+)|[^\\s]`,
  "gu",
);

/** Cuts a text into numbers, words and marks. `text` should have gone through `plainDigits`. */
export function listTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, number, word] = match;
    const kind = number !== undefined ? "number" : word !== undefined ? "word" : "mark";
    tokens.push({
      kind,
      text: whole,
      key: word === undefined ? "" : foldWord(word),
      value: number === undefined ? Number.NaN : Number(number),
      spaced: match.index > end,
    });
    end = match.index + whole.length;
  }
  return tokens;
}
