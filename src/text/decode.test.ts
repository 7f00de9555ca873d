import fc from "fast-check";
import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { decode } from "./decode.ts";

const xml = (bytes: Uint8Array, contentType?: string) => decode(bytes, { contentType, markup: "xml" });
const html = (bytes: Uint8Array, contentType?: string) => decode(bytes, { contentType, markup: "html" });
const bytesOf = (text: string, encoding: string) => Uint8Array.from(iconv.encode(text, encoding));
const document = (text: string, encoding?: string) =>
  `<?xml version="1.0"${encoding === undefined ? "" : ` encoding="${encoding}"`}?><rss><channel><title>${text}</title></channel></rss>`;

const bytesToLatin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

const CZECH = "Nový přívoz na řece: žluté lodě";
const RUSSIAN = "Новый паром вышел на линию сегодня утром";
const JAPANESE = "新しい連絡船が今朝就航しました。";

describe("a byte order mark", () => {
  test.each(["utf8", "utf16le", "utf16be", "utf32le", "utf32be"])("of %s wins over every label", (encoding) => {
    const bytes = Uint8Array.from(iconv.encode(document(CZECH, "iso-8859-1"), encoding, { addBOM: true }));
    expect(xml(bytes, "text/xml; charset=koi8-r").text).toBe(document(CZECH, "iso-8859-1"));
  });

  test("is no part of the text, even where it stands twice", () => {
    expect(xml(bytesOf(`\ufeff\ufeff${document("a")}`, "utf8")).text).toBe(document("a"));
  });
});

describe("without a mark", () => {
  test.each(["utf16le", "utf16be", "utf32le", "utf32be"])("%s shows by its zero bytes", (encoding) => {
    expect(xml(bytesOf(document(JAPANESE), encoding)).text).toBe(document(JAPANESE));
  });

  test.each([
    ["windows-1250", CZECH],
    ["iso-8859-2", CZECH],
    ["koi8-r", RUSSIAN],
    ["windows-1251", RUSSIAN],
    ["shift_jis", JAPANESE],
    ["euc-jp", JAPANESE],
    ["gb18030", JAPANESE],
  ])("%s is read by its header, by its prolog, and by the header before the prolog", (encoding, text) => {
    expect(xml(bytesOf(document(text), encoding), `text/xml; charset="${encoding}"`).text).toBe(document(text));
    expect(xml(bytesOf(document(text, encoding), encoding))).toEqual({ text: document(text, encoding), encoding });
    const contradicting = document(text, "utf-8");
    expect(xml(bytesOf(contradicting, encoding), `text/xml;charset=${encoding}`).text).toBe(contradicting);
  });

  test.each(["utf8", "UTF_8", "win-1251", "cp1251", "x-sjis", "iso8859-15", "ks_c_5601-1987", "latin1"])(
    "the spelling %s is understood",
    (label) => {
      const encoding =
        { utf8: "utf8", UTF_8: "utf8", "x-sjis": "shift_jis", "ks_c_5601-1987": "euc-kr" }[label] ?? label;
      const text = { "euc-kr": "새로운 여객선", shift_jis: JAPANESE, utf8: CZECH }[encoding] ?? "\u00e9";
      const written = encoding.includes("1251") ? RUSSIAN : text;
      expect(xml(bytesOf(document(written, label), encoding)).text).toBe(document(written, label));
    },
  );

  test("UTF-8 labelled otherwise is read as what it is", () => {
    for (const label of ["iso-8859-1", "us-ascii", "utf-16", "gb2312", "bogus"]) {
      expect(xml(bytesOf(document(CZECH + JAPANESE, label), "utf8"))).toEqual({
        text: document(CZECH + JAPANESE, label),
        encoding: "utf-8",
      });
    }
  });

  test("windows-1252 labelled as Latin-1 or UTF-8 keeps its quotation marks", () => {
    const text = "“naïve” – €5";
    for (const label of ["iso-8859-1", "utf-8", undefined]) {
      expect(xml(bytesOf(document(text, label), "windows-1252")).text).toBe(document(text, label));
    }
  });

  test("UTF-8 that was encoded twice is decoded twice, a control character alone changes nothing", () => {
    const text = "“naïve” – €5";
    expect(xml(bytesOf(bytesToLatin1(document(text)), "utf8")).text).toBe(document(text));
    expect(xml(bytesOf(document("naïve\u0085"), "utf8")).text).toBe(document("naïve\u0085"));
    expect(xml(bytesOf(bytesToLatin1(document(text)) + JAPANESE, "utf8")).text).toContain(JAPANESE);
  });

  test("stray bytes in UTF-8 are read as windows-1252 and harm nothing else", () => {
    const bytes = Buffer.concat([Buffer.from(`${CZECH} caf`), Buffer.from([0xe9, 0x20, 0x93]), Buffer.from(JAPANESE)]);
    expect(xml(bytes)).toEqual({ text: `${CZECH} café “${JAPANESE}`, encoding: "utf-8" });
  });

  test.each([
    ["koi8-r", RUSSIAN],
    ["windows-1251", RUSSIAN],
    ["shift_jis", JAPANESE],
    ["euc-jp", JAPANESE],
    ["big5", "新的渡輪今天早上開航了"],
    ["euc-kr", "새로운 여객선이 오늘 아침 출항했습니다"],
  ])("undeclared %s is guessed", (encoding, text) => {
    expect(xml(bytesOf(document(text), encoding)).text).toBe(document(text));
  });
});

describe("a page", () => {
  test.each([
    ["meta charset", '<html><head><meta charset="windows-1251"><title>'],
    ["meta http-equiv", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><title>'],
    ["meta without quotes", "<meta charset=windows-1251><title>"],
  ])("is read by its %s", (_how, head) => {
    expect(html(bytesOf(head + RUSSIAN, "windows-1251")).text).toBe(head + RUSSIAN);
  });

  test("is read by its header before its meta", () => {
    const page = `<meta charset="koi8-r"><p>${RUSSIAN}`;
    expect(html(bytesOf(page, "windows-1251"), "text/html; charset=windows-1251").text).toBe(page);
  });

  test.each(["shift_jis", "gb2312", "euc-kr", "iso-8859-1", "windows-1251"])(
    "that is UTF-8 is read as such, whatever its label (%s)",
    (label) => {
      const page = `<meta charset="${label}"><p>${RUSSIAN}${JAPANESE}`;
      expect(html(bytesOf(page, "utf8"))).toEqual({ text: page, encoding: "utf-8" });
      expect(html(bytesOf(page, "utf8"), `text/html; charset=${label}`).text).toBe(page);
    },
  );

  test.each([
    ["windows-1251", RUSSIAN],
    ["shift_jis", JAPANESE],
    ["iso-8859-2", CZECH],
  ])("labelled UTF-8 by its server is read by its meta where the bytes are none (%s)", (encoding, text) => {
    const page = `<meta charset="${encoding}"><p>${text}`;
    expect(html(bytesOf(page, encoding), "text/html; charset=utf-8").text).toBe(page);
  });

  test("keeps the words of a label where two odd letters could be UTF-8 by chance", () => {
    const page = '<meta charset="gbk"><p>联通';
    expect(html(bytesOf(page, "gbk")).text).toBe(page);
  });

  test("is read by a meta behind a long script", () => {
    const page = `<head><script>${"x".repeat(20_000)}</script><meta charset="windows-1251"></head><p>${RUSSIAN}`;
    expect(html(bytesOf(page, "windows-1251"))).toEqual({ text: page, encoding: "windows-1251" });
  });

  test("whose label names an encoding of several bytes that it is not in is read otherwise", () => {
    const page = `<meta charset="euc-kr"><p>${RUSSIAN.repeat(5)}`;
    expect(html(bytesOf(page, "koi8-r")).text).toBe(page);
  });

  test("does not take a meta in a comment, and takes utf-16 in a meta for utf-8", () => {
    const page = `<!-- <meta charset="koi8-r"> --><meta charset="utf-16"><p>${RUSSIAN}`;
    expect(html(bytesOf(page, "utf8"))).toEqual({ text: page, encoding: "utf-8" });
  });
});

test("any bytes give well-formed text", () => {
  const label = fc.constantFrom(
    undefined,
    "text/xml; charset=utf-16",
    "a/b;charset=gbk",
    "a/b;charset=utf-7",
    "x;charset=",
  );
  const markup = fc.constantFrom("xml" as const, "html" as const, "text" as const);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), label, markup, (bytes, contentType, kind) => {
      expect(decode(bytes, { contentType, markup: kind }).text.isWellFormed()).toBe(true);
    }),
    { numRuns: 500 },
  );
});
