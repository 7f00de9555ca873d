import { describe, expect, it } from "vitest";
import { parseOpml } from "./opml.ts";

const opml = (body: string, attributes = "") =>
  `<?xml version="1.0"?>\n<opml version="2.0"${attributes}><head><title>Mine</title></head><body>${body}</body></opml>`;

const codeOf = (text: string) => {
  try {
    parseOpml(text, "mine.opml");
    return null;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe("an OPML file", () => {
  it("gives its subscriptions with outlines and categories as tags", () => {
    const subscriptions = parseOpml(
      opml(
        `<outline text="Town &amp; sea"><outline text="A" title="The A" type="rss" xmlUrl="https://a.example/feed"/>
          <outline text="Deep"><outline xmlurl="https://b.example/?x=1&amp;y=2" text="B" category="/Sea/Boats,sea"/></outline></outline>
         <outline text="C" xmlUrl=" https://c.example/ "/>`,
      ),
      "mine.opml",
    );
    expect(subscriptions).toEqual([
      { url: "https://a.example/feed", title: "The A", tags: ["Town & sea"], lost: [] },
      { url: "https://b.example/?x=1&y=2", title: "B", tags: ["Town & sea", "Deep", "Sea", "Boats", "sea"], lost: [] },
      { url: "https://c.example/", title: "C", tags: [], lost: [] },
    ]);
  });

  it("of FreshRSS keeps how a page is scraped, as far as selectors can say it", () => {
    const [page] = parseOpml(
      opml(
        `<outline text="Page" type="HTML+XPath" xmlUrl="https://d.example/news" frss:xPathItem="//li[@class='story']"
          frss:xPathItemTitle="descendant::h3" frss:xPathItemUri="./a/@href" frss:xPathItemTimestamp="substring(.//b, 3)" frss:priority="main"/>`,
        ' xmlns:frss="https://freshrss.org/opml"',
      ),
      "mine.opml",
    );
    expect(page).toMatchObject({ kind: "listing", listing: { items: 'li[class="story"]', title: "h3", link: "a" } });
    expect(page?.lost).toEqual(['frss:xPathItemTimestamp "substring(.//b, 3)"', 'frss:priority "main"']);
  });

  it("of FreshRSS keeps how a page is asked for", () => {
    const [page, odd] = parseOpml(
      opml(
        `<outline text="Page" xmlUrl="https://d.example/news" frss:CURLOPT_USERAGENT="Mine/1" frss:CURLOPT_PROXY="http://proxy.example:3128"
          frss:CURLOPT_HTTPHEADER="X-Key: a:b&#10;Accept-Language: de" frss:CURLOPT_COOKIE="consent=yes; id=7"/>
         <outline text="Odd" xmlUrl="https://e.example/" frss:CURLOPT_PROXY="socks5://p" frss:CURLOPT_COOKIE="nonsense"/>`,
        ' xmlns:frss="https://freshrss.org/opml"',
      ),
      "mine.opml",
    );
    expect(page).toMatchObject({
      userAgent: "Mine/1",
      proxy: "http://proxy.example:3128",
      headers: { "X-Key": "a:b", "Accept-Language": "de" },
      cookies: { consent: "yes", id: "7" },
      lost: [],
    });
    expect(odd?.lost).toEqual(['frss:CURLOPT_PROXY "socks5://p"', 'frss:CURLOPT_COOKIE "nonsense"']);
  });

  it.each([
    ["", "not_opml"],
    ["<opml><body><outline", "not_opml"],
    ["<opml><body></opml>", "not_opml"],
    ["<rss version='2.0'/>", "not_opml"],
    ["not a document", "not_opml"],
    [opml("<outline text='nothing'/>"), "no_subscriptions"],
    [opml("<outline text='x'>".repeat(200) + "</outline>".repeat(200)), "too_deep"],
    [opml("<outline text='x'/>".repeat(20_001)), "too_many_outlines"],
    [" ".repeat(8_000_001), "too_large"],
  ])("that is broken is refused with one code (%#)", (text, code) => expect(codeOf(text)).toBe(code));

  it("brings in nothing from outside and multiplies no entities", () => {
    const bomb = `<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>`;
    expect(
      codeOf(`${bomb}<opml><body><outline xmlUrl="https://a.example/" text="&f;&b;"/></body></opml>`),
    ).not.toBeNull();
  });
});
