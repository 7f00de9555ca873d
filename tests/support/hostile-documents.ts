import fc from "fast-check";
import type { FeedDocument } from "../../src/model/feed.ts";
import type { SourceId } from "../../src/model/source.ts";
import type { Author, Enclosure, Image, Story, StoryId } from "../../src/model/story.ts";
import type { AbsoluteUrl } from "../../src/model/url.ts";
import { resolveWebUrl } from "../../src/model/url.ts";
import { entry, feedDocument, NOON, safeHtml, url } from "./feed-documents.ts";

/** Pieces that break careless writers: markup, references, CDATA ends, controls, halves of characters, bidi, emoji. */
const PIECES = [
  ..."<b>|</b>|<script>alert(1)</script>|</title>|<!--|-->|<![CDATA[|]]>|]]>]]>|<img src=x onerror=alert(1)>".split(
    "|",
  ),
  ..."&amp;|&lt;b&gt;|&copy|&#60;|&#x3c;|&nosuch;|R&D|AT&T2|5 < 6 > 4|a<b|'\"|\\u0000|%00|{{x}}".split("|"),
  ..."\0|\u0001|\u000b|\u001b[31m|\u007f|\u0085|\u009f|\ufffe|\uffff|\ufdd0|\ufdd1|\u{1fffe}|\u{10ffff}|\ufffd".split(
    "|",
  ),
  ..."\ud83d|\ude00|\ud800\ud800|😀|👩‍👩‍👧|🇫🇷".split("|"),
  ..."שלום|مرحبا|\u202eabc\u202c|\u2066x\u2069|\u200f|\u2028|\u2029|\u00a0|\u2060|e\u0301|\ufeff|田中|fÃ¼r|Ã|Â |Ã\u009f|Ã\u0083Â¼|«Û".split(
    "|",
  ),
  ..."\n|\r\n|\t|  |…|“q”|plain words|x".split("|"),
  "long".repeat(500),
];

/** Text no writer wants to meet. */
export const hostileText = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ unit: "binary", maxLength: 12 })), {
    maxLength: 6,
  })
  .map((pieces) => pieces.join(""));

const paths = fc.constantFrom(
  ...'/|/a b|/a%20b|/%zz|/ü/田|/a|b|/[x]|/{y}|/a\\b|/?a=1&b=2|/?a=1&amp;b=2|/?q=<b>"x"|/?q[]=1|/#a#b|/#frag|/^`|/a\'b(c)!*,;:@$~|/%F0%9F%98%80|/😀|/..//x|/?'.split(
    "|",
  ),
);
const hosts = fc.constantFrom(
  ..."news.example|bücher.example|xn--bcher-kva.example|news_1.example|localhost|127.0.0.1|[::1]|a.b.c.example:8443|user:secret@news.example|EXAMPLE.com".split(
    "|",
  ),
);

/** Web addresses as they come out of WHATWG URL parsing. */
export const oddUrl: fc.Arbitrary<AbsoluteUrl> = fc
  .tuple(fc.constantFrom("http", "https"), hosts, paths, fc.nat(9999))
  .map(([scheme, host, path, number]) => resolveWebUrl(`${scheme}://${host}/${number}${path}`))
  .filter((value) => value !== null);

/** HTML as a sanitizer's serializer writes it, now and then not quite. */
export const storyHtml = fc
  .array(
    fc.oneof(
      hostileText.map((text) => `<p>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</p>`),
      fc.constantFrom(
        "<h2>Head</h2>",
        "<p>a<br>b</p>",
        '<figure><img src="https://img.example/a.jpg?w=1&amp;h=2" alt="a &gt; b"><figcaption>Cap</figcaption></figure>',
        "<ul><li>one</li><li>two <ol><li>deep</li></ol></li></ul>",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
        "<table><tr><td>x</td></tr></table>",
        "<table>stray<tr><td>x</td></tr></table>",
        '<blockquote cite="https://news.example/q"><p>q</p></blockquote>',
        '<p><a href="https://news.example/x?a=1&amp;b=2">link <em>in</em></a></p>',
        '<a href="https://news.example/1">one<a href="https://news.example/2">two</a></a>',
        "<p>unclosed <b>bold <i>both</b> rest</i>",
        "<p><div>block in p</div></p>",
        "<p>R&D &copy 5 < 6 &nosuch; &#1; &#xfffe;</p>",
        "<pre>\n\n code ]]></pre>",
        '<video src="https://media.example/v.mp4" controls=""></video>',
        '<p style="color:red" onclick="x()">styled</p>',
        '<iframe src="https://x.example/"></iframe><svg><path d=""></path></svg>',
        '<img src="relative.jpg" alt=""><a href="javascript:alert(1)">x</a>',
        "<dl><dt>t</dt><dd>d</dd></dl><hr><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
        "<tr><td>cell alone</td></tr>",
        "text alone",
        "<!-- comment -->",
        "</p></div>",
        "<h1><h2>nested heads</h2></h1>",
      ),
    ),
    { maxLength: 5 },
  )
  .map((parts) => safeHtml(parts.join("")));

const author: fc.Arbitrary<Author> = fc.record(
  {
    name: hostileText,
    url: oddUrl,
    email: fc.constantFrom("a@b.example", "no address", "a b@c.example", "a@b", "<a@b.example>"),
  },
  { requiredKeys: ["name"] },
);

const image: fc.Arbitrary<Image> = fc.record(
  {
    url: oddUrl,
    alt: hostileText,
    caption: hostileText,
    credit: hostileText,
    width: fc.constantFrom(0, 1, 800, -3, 1.5, Number.NaN),
    height: fc.constantFrom(0, 600, Number.POSITIVE_INFINITY),
    role: fc.constantFrom("lead" as const, "inline" as const),
  },
  { requiredKeys: ["role"] },
);

const enclosure: fc.Arbitrary<Enclosure> = fc.record(
  {
    url: oddUrl,
    type: fc.constantFrom("audio/mpeg", "AUDIO/MPEG; x=1", "mp3", "", 'a"/b', "video/mp4"),
    lengthBytes: fc.constantFrom(0, 1, 123456, -1, Number.NaN),
    durationSeconds: fc.constantFrom(0, 12.5, 3600, -1, Number.POSITIVE_INFINITY),
  },
  { requiredKeys: ["url"] },
);

const instants = fc.oneof(
  fc.constant(NOON),
  fc.integer({ min: NOON - 3_000, max: NOON }),
  fc.integer({ min: Date.UTC(1990, 0, 1), max: NOON }),
  fc.constantFrom(0, -1, Date.UTC(1969, 6, 20), -62_198_755_200_000),
);

const languages = fc.constantFrom(
  "en",
  "en-GB",
  "he",
  "ar-EG",
  "zh-Hant-TW",
  "pt_BR",
  "iw",
  "xx-yy",
  "",
  "not a language",
  "fil",
  "en-",
  "tlh",
);

const stories: fc.Arbitrary<Omit<Story, "id">> = fc.record(
  {
    sourceId: fc.constantFrom("quay-news", "a b/c", "été").map((id) => id as SourceId),
    kind: fc.constantFrom("article" as const, "listed" as const, "entry" as const),
    url: oddUrl,
    canonicalUrl: oddUrl,
    title: fc.oneof(hostileText, fc.constant("")),
    summary: hostileText,
    summaryHtml: storyHtml,
    description: hostileText,
    contentHtml: storyHtml,
    authors: fc.array(author, { maxLength: 3 }),
    section: hostileText,
    tags: fc.array(hostileText, { maxLength: 4 }),
    language: languages,
    images: fc.array(image, { maxLength: 3 }),
    enclosures: fc.array(enclosure, { maxLength: 3 }),
    rights: hostileText,
    publishedAt: instants,
    updatedAt: instants,
    stampAt: instants,
    position: fc.nat(100),
    dates: fc.constant({}),
    firstSeenAt: fc.constant(NOON),
    lastSeenAt: fc.constant(NOON),
    revision: fc.constant(1),
    contentDigest: fc.constant("0"),
  },
  {
    requiredKeys: [
      "sourceId",
      "kind",
      "title",
      "authors",
      "tags",
      "images",
      "enclosures",
      "publishedAt",
      "stampAt",
      "position",
      "dates",
      "firstSeenAt",
      "lastSeenAt",
      "revision",
      "contentDigest",
    ],
  },
);

const sources = fc.record(
  {
    title: hostileText,
    url: fc.oneof(oddUrl, fc.constant("file:///srv/private/page.html" as AbsoluteUrl)),
    facts: fc.record(
      {
        authors: fc.constant([]),
        title: hostileText,
        self: oddUrl,
        link: oddUrl,
        updated: fc.constantFrom("2025-01-02T03:04:05Z", "never", "2099-01-01T00:00:00Z"),
      },
      { requiredKeys: ["authors"] },
    ),
  },
  { requiredKeys: ["title", "url"] },
);

/** Feeds of hostile stories under sound addresses of our own: what an operator cannot prevent. */
export function hostileDocuments({ entriesMax = 8 } = {}): fc.Arbitrary<FeedDocument> {
  return fc
    .record({
      title: hostileText,
      description: hostileText,
      language: languages,
      content: fc.constantFrom("full" as const, "full" as const, "summary" as const),
      ttlMs: fc.option(fc.integer({ min: 1, max: 10_000_000_000 }), { nil: undefined }),
      items: fc.array(fc.tuple(stories, sources), { maxLength: entriesMax }),
    })
    .map(({ items, ...given }) => {
      const { ttlMs, ...rest } = given;
      const entries = items.map(([fields, source], index) => {
        const story: Story = { ...fields, id: `hostile${String(index).padStart(19, "0")}` as StoryId };
        return entry(story, {
          source: { id: story.sourceId, ...source },
          ...(story.url === undefined ? { link: url(`https://wire.example/stories/${story.id}`) } : {}),
        });
      });
      return feedDocument([], { ...rest, ...(ttlMs === undefined ? {} : { ttlMs }), entries });
    });
}
