import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostileText, oddUrl } from "../../tests/support/hostile-documents.ts";
import {
  cleanText,
  emailAddress,
  excerpt,
  findDoubleEncoded,
  hasForbiddenCharacters,
  languageTag,
  plainText,
  sayableInstant,
  webUrl,
} from "./clean.ts";

describe("cleanText", () => {
  it("keeps letters, emoji, bidi marks and line breaks, and drops what documents may not carry", () => {
    expect(cleanText("a\0\u0001\u007f\u0085\ufffd\uffff\u{1fffe}b\nשלום \u202b😀 \ud83d c")).toBe(
      "ab\nשלום \u202b😀  c",
    );
  });

  it("undoes UTF-8 that was encoded twice, and only that", () => {
    expect(cleanText("fÃ¼r Â© \u00c3\u009f")).toBe("für © ß");
    expect(cleanText("«ATÉ AMANHû")).toBe("«ATÉ AMANHû");
    expect(cleanText("fÃ¼r 田中")).toBe("fÃ¼r 田中");
    expect(findDoubleEncoded("<p>ok</p>\n<p>fÃ¼r</p>")).toBe("fÃ¼r");
  });

  it("leaves nothing forbidden in any text", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(hasForbiddenCharacters(cleanText(text))).toBe(false);
      }),
    );
  });
});

describe("plainText", () => {
  it("folds white space", () => {
    expect(plainText("  a\n\t b\u00a0c  ")).toBe("a b c");
  });

  it.each(["5 < 6 > 4", "R&D", "AT&T", "Q & A", "a > b", "<3", "x << y", "&nosuch;", "]] >"])(
    "leaves %j alone",
    (text) => {
      expect(plainText(text)).toBe(text);
    },
  );

  it.each([
    ["<b>bold</b>", "<\u2060b>bold<\u2060/b>"],
    ["<!--", "<\u2060!--"],
    ["a&amp;b", "a&\u2060amp;b"],
    ["&copy 2025", "&\u2060copy 2025"],
    ["&#60;", "&\u2060#60;"],
    ["]]>", "]]\u2060>"],
  ])("breaks %j up invisibly", (text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it("changes nothing when it is applied again", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(plainText(plainText(text))).toBe(plainText(text));
      }),
    );
  });
});

describe("excerpt", () => {
  it("keeps what is short enough", () => {
    expect(excerpt("Just so.", 20)).toBe("Just so.");
  });

  it("cuts between words and never through a character", () => {
    expect(excerpt("The ferry sailed at noon", 15)).toBe("The ferry…");
    expect(excerpt("😀".repeat(10), 5)).toBe("😀😀…");
  });
});

describe("webUrl", () => {
  it.each([
    ["https://news.example/a?b=1&c=2#d", "https://news.example/a?b=1&c=2#d"],
    ["https://news.example/a|b[c]^`{d}", "https://news.example/a%7Cb%5Bc%5D%5E%60%7Bd%7D"],
    ["https://bücher.example/ü?q=ü", "https://xn--bcher-kva.example/%C3%BC?q=%C3%BC"],
    ["https://news.example/100%", "https://news.example/100%25"],
    ["https://news.example/#a#b", "https://news.example/#a%23b"],
    ["https://user:secret@news.example/", "https://news.example/"],
    ["HTTPS://NEWS.example:443", "https://news.example/"],
  ])("writes %s as %s", (value, expected) => {
    expect(webUrl(value)).toBe(expected);
  });

  it.each(["", "news.example", "/a", "javascript:alert(1)", "file:///srv/page.html", "mailto:a@b.example", "https://"])(
    "refuses %j",
    (value) => {
      expect(webUrl(value)).toBeUndefined();
    },
  );

  it("changes nothing when it is applied again", () => {
    fc.assert(
      fc.property(oddUrl, (url) => {
        expect(webUrl(webUrl(url))).toBe(webUrl(url));
      }),
    );
  });
});

describe("languageTag", () => {
  it.each([
    ["en", "en"],
    ["pt_br", "pt-BR"],
    ["ZH-hant-tw", "zh-Hant-TW"],
    ["iw", "he"],
    ["fil", "fil"],
  ])("reads %s as %s", (value, expected) => {
    expect(languageTag(value)).toBe(expected);
  });

  it.each(["", "not a language", "qq", "en-", "123"])("refuses %j", (value) => {
    expect(languageTag(value)).toBeUndefined();
  });
});

describe("sayableInstant", () => {
  it("moves what no format can say, or validators doubt, to the nearest instant that it can", () => {
    expect(sayableInstant(Date.UTC(1969, 6, 20))).toBe(Date.UTC(1990, 0, 1));
    expect(sayableInstant(Number.NaN)).toBe(Date.UTC(1990, 0, 1));
    expect(new Date(sayableInstant(8.64e15)).toISOString()).toBe("9999-12-31T23:59:59.999Z");
    expect(sayableInstant(1748779200000.7)).toBe(1748779200000);
  });
});

describe("emailAddress", () => {
  it("takes addresses only", () => {
    expect(emailAddress(" a.b@news.example ")).toBe("a.b@news.example");
    for (const value of ["a", "a@b", "a b@c.example", "<a@b.example>", "a@b.example\nx", undefined]) {
      expect(emailAddress(value)).toBeUndefined();
    }
  });
});
