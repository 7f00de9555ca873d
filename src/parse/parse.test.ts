import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ParseError } from "../errors.ts";
import type { ParsedFeed } from "../model/parsed.ts";
import { decode } from "../text/decode.ts";
import { FEED_LIMITS } from "./limits.ts";
import { parseFeed, sniffFeed } from "./parse.ts";

const CONTEXT = { url: "https://gazette.example/feed.xml", timeZone: "UTC", capturedAt: 0 };
const parse = (text: string) => parseFeed(text, CONTEXT);
const rss = (inner: string) => `<rss version="2.0"><channel><title>Gazette</title>${inner}</channel></rss>`;
const item = (inner: string) => parse(rss(`<item>${inner}</item><item><title>next</title></item>`)).items[0];
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof ParseError ? error.code : error;
  }
  return null;
};

describe("parseFeed", () => {
  test.each([
    ["empty", " \n\ufeff "],
    ["not_a_feed", "<html><body><p>No feed</p><item>of a menu</item></body></html>"],
    ["not_a_feed", "Just words"],
    ["not_a_feed", '{"version":"https://jsonfeed.org/version/1.1"}'],
    ["not_a_feed", "[1]"],
    ["bad_json", '{"items": [}'],
    ["too_deep", rss("<a>".repeat(600))],
    ["too_deep", `{"items":${"[".repeat(600)}`],
    ["too_many_elements", rss("<a/>".repeat(FEED_LIMITS.elementsMax + 1))],
    ["too_many_elements", `{"items":[${"{},".repeat(FEED_LIMITS.elementsMax + 1)}{}]}`],
    ["too_many_attributes", rss('<a b="" c=""/>'.repeat(FEED_LIMITS.attributesMax / 2 + 1))],
  ])("refuses with %s", (code, text) => {
    expect(codeOf(() => parse(text))).toBe(code);
  });

  test("reads any bytes as a feed or refuses them with a code", () => {
    const piece = fc.constantFrom(
      ..."<rss> <channel> <item> </item> <title> </title> <description> <![CDATA[ ]]> <!-- --> <?x ?> <a b=' <a b=\" '> &amp; &#1; &x; <feed> <entry> <content type='xhtml'> <link href= <b> </b> <br> xmlns='x' xmlns:dc='http://purl.org/dc/elements/1.1/' <dc:date> 2026-01-01 <!DOCTYPE x [ ]> { \"items\": [ ] }".split(
        " ",
      ),
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 60 })
      .map((parts) => parts.join(""));
    const bytes = fc.oneof(
      text.map((value) => Buffer.from(value)),
      fc.uint8Array({ maxLength: 100 }),
    );
    fc.assert(
      fc.property(bytes, (value) => {
        const code = codeOf(() => {
          const { feed, items } = parse(decode(value, { markup: "xml" }).text);
          const texts = JSON.stringify({ feed, items });
          expect(texts.isWellFormed()).toBe(true);
          for (const { url } of items) expect(url ?? "https://").toMatch(/^https?:\/\//);
        });
        expect(code === null || typeof code === "string", String(code)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("keeps the other items when one cannot be read", () => {
    const { items, faults } = parse('{"items":[1,{"id":"a","title":"A"},null,{"id":"b"}]}');
    expect(items.map(({ guid }) => guid)).toEqual(["a", "b"]);
    expect(faults.map(({ code, item: index }) => [code, index])).toEqual([
      ["bad_item", 0],
      ["bad_item", 2],
    ]);
  });

  test("finds the feed behind what a server printed before it", () => {
    const feed = '<?xml version="1.0"?><rss><channel><title>Gazette</title></channel></rss>';
    for (const junk of [
      "[notice] deprecated {x} ",
      "<b>Warning</b>: a < b in <i>feed.php</i><br />\n",
      "HTTP/1.1 200 OK\r\n\r\n",
    ]) {
      expect(parse(junk + feed).feed.title).toBe("Gazette");
    }
  });

  test("says when the document was cut off, and keeps what had come", () => {
    const { items, faults } = parse("<rss><channel><item><title>One</title></item><item><title>Tw");
    expect(items.map(({ title }) => title)).toEqual(["One", "Tw"]);
    expect(faults.map(({ code }) => code)).toEqual(["cut_short"]);
  });
});

describe("damage elsewhere loses nothing of an item", () => {
  const whole =
    "<item><title>Ferry</title><link>https://gazette.example/1</link><description>Late</description></item>";
  test.each([
    ["a quote that never closes", '<cloud path="/rpc />'],
    ["a tag without its end", "<cloud port=80"],
    ["an end tag without its end", "<generator>x</generator"],
    ["an element never closed", "<generator>Acme"],
    ["an unknown element never closed", "<foo:bar>Acme <b>bold"],
    ["stray end tags", "</b></item></foo:bar>"],
    ["a comment never closed", "<!-- hello "],
    ["a CDATA section never closed", "<generator><![CDATA[x</generator>"],
    ["bare ampersands and brackets", "<generator>R&D; a < b && c <</generator>"],
    ["control characters", "<generator>\0\x08\x1f\uffff</generator>"],
    ["a second prolog", '<?xml version="1.0">'],
    ["a script", '<script>if (a < b) document.write("<item>")</script>'],
    ["conditional comments", "<![if !IE]><![endif]>"],
  ])("%s", (_fault, fault) => {
    const { feed, items } = parse(`<rss version="2.0"><channel>${fault}<title>Gazette</title>${whole}</channel></rss>`);
    expect(feed.title).toBe("Gazette");
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ title: "Ferry", url: "https://gazette.example/1", summary: "Late" });
  });

  test("a quote that another tag seems to close hides nothing between them", () => {
    const { feed, items } = parse(
      `<rss><channel><cloud path="/rpc /><title>Gazette</title>${whole}<docs x="1"/></channel></rss>`,
    );
    expect([feed.title, items.length]).toEqual(["Gazette", 1]);
  });

  test("items never closed before the next opens are items all the same", () => {
    const { items } = parse(rss("<item><title>a</title><item><title>b<item><description>c <i>d<item><title>e</title>"));
    expect(items.map(({ title, summary }) => title || summary)).toEqual(["a", "b", "c d", "e"]);
  });
});

describe("an item", () => {
  test("has its page as link, never its enclosure or the feed", () => {
    const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="enclosure" href="a.mp3"/><link rel="self" href="1.atom"/>
      <link rel="alternate" type="application/json" href="1.json"/><link href="1.html"/><link/></entry></feed>`;
    expect(parse(atom).items[0]).toMatchObject({ url: "https://gazette.example/1.html" });
  });

  test.each([
    ["<guid>https://gazette.example/1</guid>", "https://gazette.example/1"],
    ['<guid isPermaLink="FALSE">https://gazette.example/1</guid>', undefined],
    ["<guid>gazette-1</guid>", undefined],
    ["<link>javascript:alert(1)</link><guid>javascript:alert(2)</guid>", undefined],
    ["<link> https://gazette.example/a\n</link><guid>https://gazette.example/1</guid>", "https://gazette.example/a"],
  ])("%s links to %s", (inner, url) => {
    expect(item(inner)?.url).toBe(url);
  });

  test("has titles and names as text, whatever markup they came in", () => {
    const read = item(
      "<title>&lt;script&gt;alert(1)&lt;/script&gt;A &amp;amp; &lt;b onclick='x'&gt;B&lt;/b&gt;</title><author>&lt;i&gt;Ada&lt;/i&gt;</author><category><![CDATA[<b>Quay</b>]]></category>",
    );
    expect(read).toMatchObject({ title: "A & B", authors: [{ name: "Ada" }], tags: ["Quay"] });
  });

  test("has a date that cannot be read beside its dates, not instead of them", () => {
    const read = item("<pubDate>garbage</pubDate><dc:date>2026-01-02T03:04:05Z</dc:date>");
    expect(read?.published?.from).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(read?.unreadDates).toEqual({ pubdate: "garbage" });
  });

  test("takes names that mean something to the language for plain data", () => {
    const read = parse(
      rss("<item><__proto__>x</__proto__><constructor>y</constructor><title __proto__='z'>t</title></item>"),
    );
    expect(read.items[0]).toMatchObject({ title: "t" });
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("entities", () => {
  const doctype = (entities: string, text: string): ParsedFeed =>
    parse(`<!DOCTYPE rss [${entities}]><rss><channel><title>${text}</title></channel></rss>`);

  test("of the document's own DTD are read once, and never from outside", () => {
    expect(doctype('<!ENTITY a "Tide">', "&a;&a;").feed.title).toBe("TideTide");
    expect(doctype('<!ENTITY a "Tide"><!ENTITY b "&a;&a;">', "&b;").feed.title).toBe("&b;");
    expect(doctype('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;").feed.title).toBe("&a;");
  });

  test("cannot make a document longer than by a bounded length", () => {
    const text = "&a;".repeat(100_000);
    const { title } = doctype(`<!ENTITY a "${"z".repeat(250)}">`, text).feed;
    expect(title?.length).toBeLessThan(text.length + FEED_LIMITS.expansionMax);
  });

  test("are decoded once", () => {
    expect(item("<title>&#38;lt;b&#38;gt; &amp;amp;lt;</title>")?.title).toBe("<b> &lt;");
    expect(item("<link>https://gazette.example/?a=1&copy=2&amp;b=3&#38;c=4</link>")?.url).toBe(
      "https://gazette.example/?a=1&copy=2&b=3&c=4",
    );
  });
});

describe("hostile text takes no time", () => {
  const N = 300_000;
  const many = (text: string) => text.repeat(Math.ceil(N / text.length));
  test.each([
    ["brackets in CDATA", () => rss(`<item><description><![CDATA[${many("<")}]]></description></item>`)],
    ["tags never closed in a title", () => rss(`<item><title><![CDATA[${many("a<p")}]]></title></item>`)],
    ["end tags never closed", () => rss(many("</a"))],
    ["comments never closed", () => rss(many("<!--"))],
    ["sections never closed", () => rss(many("<d><![CDATA[x</d>"))],
    ["sections in sections", () => rss(many("<d><![CDATA[ <![CDATA[ ]]>"))],
    ["document types", () => many("<!DOCTYPE>") + rss("")],
    ["document types never closed", () => many("<!DOCTYPE x [>") + rss("")],
    ["end tags without brackets", () => rss(many("</a "))],
    ["instructions", () => rss(many("<?x>") + many("<?x ?>"))],
    ["quotes never closed", () => rss(many("<a b=\"x><a b='x>"))],
    ["items never closed", () => rss(many("<item>"))],
    ["namespaces", () => `<rss ${Array.from({ length: 20_000 }, (_, i) => `xmlns:a${i}="x"`).join(" ")}></rss>`],
    ["entities", () => rss(`<item><description>${many("&a&#0;&amp;")}</description></item>`)],
    ["names", () => rss(`<item><author>${many("a@(")}</author></item>`)],
  ])("%s", (_what, write) => {
    const text = write();
    const before = process.cpuUsage();
    codeOf(() => parse(text));
    const { user } = process.cpuUsage(before);
    expect(user / 1000).toBeLessThan(2000);
  });
});

describe("sniffFeed", () => {
  test.each([
    ['\ufeff<?xml version="1.0"?><!-- <html> --><rss version="2.0">', "xml"],
    ['<a:feed xmlns:a="http://www.w3.org/2005/Atom">', "xml"],
    ["<rdf:RDF xmlns:rdf='x'>", "xml"],
    ['{"version":"https://jsonfeed.org/version/1","items":[]}', "json"],
    ["<!DOCTYPE html><html><head><link rel='alternate' type='application/rss+xml'>", null],
    ["<!DOCTYPE html><head><title>A page without its html tag</title>", null],
    ["<body><p>another", null],
    ['{"name":"a package"}', null],
    ["", null],
  ])("%s is %s", (text, kind) => {
    expect(sniffFeed(text)).toBe(kind);
  });
});
