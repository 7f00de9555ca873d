import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { parseFragment, serialize } from "parse5";
import sanitizeHtml from "sanitize-html";
import { describe, expect, test } from "vitest";
import { htmlToText, sanitize, sanitizeNodes, textOf } from "./sanitize.ts";
import type { ProfileName } from "./sanitize-profiles.ts";
import { parseHtmlFragment } from "./tree.ts";

const baseUrl = "https://paper.example/news/";
const clean = (html: string) => sanitize(html, { baseUrl });

const VECTORS = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>after",
  "<SCRIPT/XSS SRC=//evil.example/x.js></SCRIPT>",
  "<svg/onload=alert(1)><p>out",
  "<svg><style><img src=x onerror=alert(1)></style></svg>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="\u0001javascript:alert(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="vbscript:x">x</a>',
  '<img srcset="javascript:alert(1) 1x, /ok.png 2x" src=/a.png>',
  '<p style="background:url(javascript:alert(1))" id=a name=b class=c onclick=d>x',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  "<textarea><img title='</textarea><img src onerror=alert(1)>'>",
  "<select><template><img src onerror=alert(1)></template></select>",
  "<!--><img src onerror=alert(1)>-->",
  "<![CDATA[<img src onerror=alert(1)>]]>",
  "<plaintext><img src onerror=alert(1)>",
  "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>go</button></form>",
  "<object data=javascript:alert(1)><embed src=javascript:alert(1)></object>",
  '<p title="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;">x',
  '<img alt="</p><script>alert(1)</script>" src=/a.png>',
  '<a href="https:javascript:alert(1)">x</a>',
  "<picture><source srcset=x onerror=alert(1)><img src=/x.png></picture>",
  "<a href=x><table><td><a href=y>z",
  "<base href=//evil.example/><a href=q>x</a>",
];

const PAGE_ELEMENTS =
  "a abbr b blockquote br caption cite code del details div dl dt dd em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li " +
  "mark ol p picture pre q s samp small source strong sub summary sup table tbody td tfoot th thead time tr u ul var";
const FEED_ELEMENTS =
  `${PAGE_ELEMENTS} acronym address area article aside audio bdi big center col colgroup data dfn dialog dir font footer header ` +
  "hgroup main map menu meter nav output progress rp rt ruby section strike track tt video wbr";
const PAGE_ATTRIBUTES =
  "href src srcset sizes media type alt width height datetime title cite start reversed value colspan rowspan lang dir";
const FEED_ATTRIBUTES =
  `${PAGE_ATTRIBUTES} abbr color controls coords default high hreflang kind label loop low max min muted open optimum ` +
  "poster preload scope shape size span srclang";
/** What may be left, said a second time and apart from the tables of the code. */
const ALLOWED = {
  page: { elements: new Set(PAGE_ELEMENTS.split(" ")), attributes: new Set(PAGE_ATTRIBUTES.split(" ")) },
  feed: { elements: new Set(FEED_ELEMENTS.split(" ")), attributes: new Set(FEED_ATTRIBUTES.split(" ")) },
} satisfies Record<ProfileName, object>;
const PROFILE_NAMES = ["page", "feed"] as const;
const ADDRESSES = new Set(["href", "src", "srcset", "cite", "poster"]);

/** What a browser would find wrong: anything outside the list, an address of another scheme. */
function faultsOf(html: string, profile: ProfileName): string[] {
  const faults: string[] = [];
  const visit = (node: ReturnType<typeof parseHtmlFragment>["children"][number]) => {
    if (node.type === "comment" || node.type === "directive") faults.push(node.type);
    if (!("children" in node)) return;
    if ("attribs" in node) {
      if (!ALLOWED[profile].elements.has(node.name)) faults.push(`element ${node.name}`);
      for (const [name, value] of Object.entries(node.attribs)) {
        if (!ALLOWED[profile].attributes.has(name)) faults.push(`attribute ${name}`);
        const addresses = name === "srcset" ? value.split(",").map((part) => part.trim().split(" ")[0] ?? "") : [value];
        if (ADDRESSES.has(name)) {
          for (const address of addresses) {
            if (!/^(https?|mailto):/.test(new URL(address, "https://other.example/").href))
              faults.push(`address ${address}`);
          }
        }
      }
    }
    node.children.forEach(visit);
  };
  parseHtmlFragment(html).children.forEach(visit);
  return faults;
}

const parsedAgain = (html: string) => serialize(parseFragment(html));
function expectSafe(html: string, profile: ProfileName = "page"): void {
  const out = sanitize(html, { baseUrl, profile });
  expect(faultsOf(out, profile)).toEqual([]);
  expect(sanitize(out, { baseUrl, profile })).toBe(out);
  expect(sanitizeNodes(parseHtmlFragment(out).children, { profile })).toBe(out);
  expect(parsedAgain(out)).toBe(out);
}

/** A second opinion: what sanitize-html drops beyond the allow-list, from what we wrote. */
function secondOpinion(html: string, profile: ProfileName): string {
  return sanitizeHtml(html, {
    allowedTags: [...ALLOWED[profile].elements],
    allowedAttributes: { "*": [...ALLOWED[profile].attributes] },
    allowedSchemes: ["http", "https", "mailto"],
    allowedSchemesByTag: { img: ["http", "https", "data"] },
  });
}

describe("sanitize", () => {
  describe.each(PROFILE_NAMES)("of a %s", (profile) => {
    test.each(VECTORS)("leaves nothing that acts: %s", (html) => expectSafe(html, profile));
  });

  const pairs: readonly (readonly [promise: string, input: string, output: string])[] = [
    ["keeps text and escapes what might begin markup", "R&D &lt;b&gt; 1 < 2", "R&amp;D &lt;b&gt; 1 &lt; 2"],
    ["ends a paragraph where a block begins", "<p>a<div>b</div>c", "<p>a</p><div>b</div>c"],
    ["leaves out divisions that only hold blocks", "<div><div><p>a</p></div></div>", "<p>a</p>"],
    ["sets loose text among blocks apart", "<div><p>a</p>b</div>c", "<p>a</p><p>b</p>c"],
    [
      "completes tables",
      "<table><td>a<tr><td>b",
      "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
    ],
    [
      "keeps loose content of a table in order, in a cell",
      "<table>a<tr><td>b</table>",
      "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
    ],
    ["unwraps table parts outside a table", "<tr><td>a</td></tr>", "<div>a</div>"],
    [
      "closes items and nests lists",
      "<ul><li>a<li>b<ul><li>c</ul></ul>",
      "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>",
    ],
    ["makes items without a list plain", "<li>a", "<div>a</div>"],
    [
      "never nests links",
      "<a href=/a>x<a href=/b>y</a>",
      '<a href="https://paper.example/a">x</a><a href="https://paper.example/b">y</a>',
    ],
    ["never nests headings", "<h2>a<h3>b", "<h2>a</h2><h3>b</h3>"],
    [
      "makes addresses absolute",
      '<a href="q?a=1&b=2">x</a>',
      '<a href="https://paper.example/news/q?a=1&amp;b=2">x</a>',
    ],
    ["keeps mail links", "<a href=mailto:a@b.example>x</a>", '<a href="mailto:a@b.example">x</a>'],
    ["unwraps links to nowhere", "<a href='javascript:x'>x</a> <a name=y>z</a>", "x z"],
    [
      "mends lazy pictures",
      "<img data-src=/p.jpg src='data:image/gif;base64,R0'>",
      '<img src="https://paper.example/p.jpg">',
    ],
    [
      "takes a noscript twin only once",
      "<img data-src=/p.jpg><noscript><img src=/p.jpg></noscript>",
      '<img src="https://paper.example/p.jpg">',
    ],
    [
      "takes the noscript twin of a picture without an address",
      "<img><noscript><img src=/p.jpg></noscript>",
      '<img src="https://paper.example/p.jpg">',
    ],
    ["drops tracking pixels", "a<img src=/t.gif width=1 height=1>", "a"],
    [
      "judges each candidate of a srcset",
      '<img src=/a.png srcset="/b.png 2x, data:x 3x">',
      '<img src="https://paper.example/a.png" srcset="https://paper.example/b.png 2x">',
    ],
    [
      "keeps pictures with their sources",
      "<picture><source srcset=/a.webp type=image/webp><img src=/a.png alt=x></picture>",
      '<picture><source srcset="https://paper.example/a.webp" type="image/webp"><img src="https://paper.example/a.png" alt="x"></picture>',
    ],
    [
      "turns players and frames into links",
      "<iframe src=//v.example/embed/1 title='A film'></iframe>",
      '<p><a href="https://v.example/embed/1">A film</a></p>',
    ],
    [
      "finds the address of a player in its sources",
      "<video><source src=/v.mp4></video>",
      '<p><a href="https://paper.example/v.mp4">paper.example</a></p>',
    ],
    ["drops empty elements", "<p>&nbsp;</p><div><span></span></div><ul><li></li></ul>x", "x"],
    [
      "writes presentational elements as their kin",
      "<center><font color=red>a</font></center><strike>b</strike>",
      "<div>a</div><s>b</s>",
    ],
    ["keeps white space of preformatted text", "<pre>\n a\n  b</pre>", "<pre> a\n  b</pre>"],
    ["folds white space elsewhere", "<p> a \n\n b </p>\n<p>c</p>", "<p>a\nb</p><p>c</p>"],
    ["keeps at most two line breaks in a row", "a<br><br><br><br>b", "a<br><br>b"],
    ["drops characters XML forbids", "a&#1;b\u0000c\ufffed\ud800", "abcd\ufffd"],
    ["writes line ends as line feeds", "<p>a\u2028b\u2029\n c</p><pre>d\u2028e</pre>", "<p>a\nb\nc</p><pre>d\ne</pre>"],
    ["ends a drawing that was never closed", "<svg><path><p>after</p>", "<p>after</p>"],
    ["needs no end tags", "<blockquote><p>a<b>b", "<blockquote><p>a<b>b</b></p></blockquote>"],
    [
      "keeps figures whole",
      "<figure><img src=/a.png><figcaption>c</figcaption></figure>",
      '<figure><img src="https://paper.example/a.png"><figcaption>c</figcaption></figure>',
    ],
  ];
  test.each(pairs)("%s", (_promise, input, output) => {
    expect(clean(input)).toBe(output);
    expectSafe(input);
  });

  test("without a base, relative addresses are dropped", () => {
    expect(sanitize("<a href=/x>a</a><img src=y.png>", {})).toBe("a");
  });

  test.each(PROFILE_NAMES)(
    "whatever the input, what is left of a %s is safe, stable, and sanitize-html finds nothing to drop",
    (profile) => {
      const word = fc.constantFrom("a", " ", "\n", "&amp;", "&lt;", "é", "\u00a0", "x<y", "]]>", '"');
      const names = [
        ...FEED_ELEMENTS.split(" "),
        ..."svg math style script form select template span object embed noscript iframe button canvas title".split(
          " ",
        ),
      ];
      const attributes = fc.constantFrom(
        "",
        ' href=/h src=/s srcset="/a 1x" onclick=x style=y id=i name=n class=c',
        ' href="javascript:x" src="data:text/html,x" poster="vbscript:x" cite="javascript:x" srcset="data:x 2x"',
        ' title="&quot;><script>" alt="</p>" datetime="<" value="1" open colspan=2 span=3 color=red size=1',
      );
      const tag = fc
        .tuple(fc.constantFrom(...names), attributes)
        .chain(([name, kept]) => fc.constantFrom(`<${name}${kept}>`, `</${name}>`, `<${name}${kept}/>`));
      fc.assert(
        fc.property(fc.array(fc.oneof(word, tag), { maxLength: 40 }), (parts) => {
          const html = parts.join("");
          expectSafe(html, profile);
          const out = sanitize(html, { baseUrl, profile });
          expect(htmlToText(secondOpinion(out, profile))).toBe(htmlToText(out));
          const ofTree = sanitizeNodes(parseHtmlFragment(html).children, { baseUrl, profile });
          expect(faultsOf(ofTree, profile)).toEqual([]);
        }),
        { numRuns: 1500 },
      );
    },
  );

  test.each(PROFILE_NAMES)(
    "of a %s takes linear time for deep, wide, unclosed input, and bounds the depth",
    (profile) => {
      const hostile = [
        `${"<div>".repeat(100_000)}x`,
        "<b>".repeat(100_000) + "</i>".repeat(100_000),
        "<table><tr><td>".repeat(30_000),
        `${"<a href=/x>".repeat(60_000)}y`,
        `${"<ul><li>".repeat(60_000)}z`,
        "<p><b><i><u>x<div>".repeat(20_000),
        `<p ${"a=b ".repeat(100_000)}>x`,
        `<img src=/a srcset="${"/a 1x,".repeat(100_000)}">`,
        "<!--".repeat(200_000),
        "&".repeat(500_000),
        `${" ".repeat(1_000_000)}x`,
        "<".repeat(500_000),
        `${"<svg>".repeat(100_000)}x`,
      ];
      for (const html of hostile) {
        const started = process.cpuUsage();
        const out = sanitize(html, { baseUrl, profile });
        const { user, system } = process.cpuUsage(started);
        expect((user + system) / 1000, html.slice(0, 20)).toBeLessThan(1500);
        expect(out.length).toBeLessThan(html.length * 30);
      }
      let depth = 0;
      for (const [, close] of sanitize("<div><blockquote>x".repeat(1000), { profile }).matchAll(/<(\/?)/g))
        depth = Math.max(depth, close ? 0 : depth + 1);
      expect(depth).toBeLessThanOrEqual(100);
    },
  );

  const payloads = "../shared/corpora/pages/xss.json";
  const title = `passes the payloads of ${payloads} as %s (skipped where the file is absent)`;
  test.skipIf(!existsSync(payloads)).each(PROFILE_NAMES)(title, (profile) => {
    for (const html of JSON.parse(readFileSync(payloads, "utf8")) as string[]) expectSafe(html, profile);
  });
});

describe("htmlToText and textOf", () => {
  test("give the words a reader sees, blocks set apart", () => {
    const html = "<p>Tom &amp; <b>Jer</b>ry</p><p>two</p>\n<script>no()</script><ul><li>a<li>b</ul>";
    expect(htmlToText(html)).toBe("Tom & Jerry two a b");
    expect(textOf(parseHtmlFragment(html).children)).toBe("Tom & Jerry two a b");
  });

  test("plain text only folds its white space", () => {
    expect(htmlToText("  a\n b ")).toBe("a b");
  });
});
