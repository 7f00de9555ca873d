import { describe, expect, it } from "vitest";
import { feedDocument, richStory, safeHtml, story } from "../../tests/support/feed-documents.ts";
import { checkDocument } from "./check.ts";
import { renderDocument } from "./render.ts";

const NOW = Date.UTC(2026, 0, 1);

/** A sound document in each format, broken below in one place at a time; the W3C validator refuses each of these too. */
const DOCUMENT = feedDocument([
  richStory(1),
  story({ number: 2, summary: "Plain summary." }),
  story({ number: 3, contentHtml: safeHtml("<p>c</p>") }),
]);

const SELF = DOCUMENT.selfUrls;
const SOUND = {
  rss: renderDocument(DOCUMENT, "rss").text,
  atom: renderDocument(DOCUMENT, "atom").text,
  json: renderDocument(DOCUMENT, "json").text,
};

/** What is wrong, what is replaced, by what, level and rule. */
type Case = readonly [string, string | RegExp, string, "error" | "warning" | "info", string];

const XML: readonly Case[] = [
  ["a control character", "Story 2", "Story \u0001", "error", "xml-character"],
  ["a reference to a control character", "Story 2", "Story &#1;", "error", "xml-character"],
  ["a noncharacter", "Story 2", "Story \uffff", "error", "xml-character"],
  ["half of a surrogate pair", "Story 2", "Story \ud83d", "error", "xml-character"],
  ["a C1 control character", "Story 2", "Story \u0092", "warning", "xml-character"],
  ["the mark of lost text", "Story 2", "Story \ufffd", "warning", "xml-character"],
  ["text that was encoded twice", "Story 2", "Story fÃ¼r", "warning", "double-encoding"],
  ["a lone ampersand", "Story 2", "Story & 2", "error", "xml-well-formed"],
  ["a lone less-than sign", "Story 2", "Story < 2", "error", "xml-well-formed"],
  ["an undeclared entity", "Story 2", "Story &nbsp; 2", "error", "xml-well-formed"],
  ["a CDATA end in text", "Story 2", "Story ]]> 2", "error", "xml-well-formed"],
  ["an unbound prefix", "</title>", "</title><x:y/>", "error", "xml-well-formed"],
  [
    "a namespace nobody knows",
    "xmlns:media",
    'xmlns:foo="https://foo.example/" xmlns:media',
    "warning",
    "namespace-unknown",
  ],
  [
    "a namespace nobody knows, further in",
    "</title>",
    '</title><x:y xmlns:x="https://x.example/"/>',
    "warning",
    "namespace-unknown",
  ],
  ["Media RSS without its slash", "yahoo.com/mrss/", "yahoo.com/mrss", "error", "namespace-media"],
  ["another encoding", 'encoding="utf-8"', 'encoding="latin1"', "warning", "xml-encoding"],
];

const HTML: readonly Case[] = [
  ["a reference without semicolon in HTML", "<p>Fares", "<p>&copy Fares", "warning", "html-parse"],
  ["an unclosed element", "<p>Fares", "<b><p>Fares", "warning", "html-parse"],
  ["an end tag that closes nothing", "<p>Fares", "</i><p>Fares", "warning", "html-parse"],
  ["a block in a paragraph", "<p>Fares", "<p><div>x</div></p><p>Fares", "warning", "html-parse"],
  [
    "a link in a link",
    "<p>Fares",
    "<a href='https://a.example/'>x<a href='https://b.example/'>y</a></a><p>Fares",
    "warning",
    "html-parse",
  ],
  ["a div that closes itself", "<p>Fares", "<div/><p>Fares", "warning", "html-parse"],
  ["a form in a table", "<p>Fares", "<table><form></form></table><p>Fares", "warning", "html-parse"],
  ["a script", "<p>Fares", "<script>x</script><p>Fares", "warning", "html-element"],
  ["a frame", "<p>Fares", "<iframe src='https://x.example/'></iframe><p>Fares", "warning", "html-element"],
  ["a drawing", "<p>Fares", "<svg><path/></svg><p>Fares", "warning", "html-element"],
  ["a style attribute", "<p>Fares", "<p style='position:fixed'>Fares", "warning", "html-style"],
  ["an event handler", "<p>Fares", "<p onclick='x()'>Fares", "warning", "html-handler"],
];

const RSS: readonly Case[] = [
  ...XML,
  ...HTML,
  ["a relative picture address", '<img src="https://img.example/1/', '<img src="/1/', "warning", "html-relative-url"],
  [
    "a link that runs code in HTML",
    'href="https://news.example/boats',
    'href="javascript:x//',
    "error",
    "html-active-url",
  ],
  ["no channel title", "<title>Top stories</title>\n", "", "error", "rss-channel-element"],
  ["no channel link", "<link>https://wire.example/feeds/top</link>\n", "", "error", "rss-channel-element"],
  ["no channel description", /<description>What[^\n]*\n/, "", "error", "rss-channel-element"],
  ["two channel titles", "<title>Top", "<title>b</title><title>Top", "error", "duplicate-element"],
  ["no self link", /<atom:link[^>]*>/, "", "warning", "self-missing"],
  ["a self link that leads elsewhere", "feeds/top.rss", "feeds/other.rss", "warning", "self-elsewhere"],
  ["an unknown language", "<language>en<", "<language>xq<", "error", "language-unknown"],
  ["a language with an underscore", "<language>en<", "<language>en_GB<", "error", "language-invalid"],
  ["no language", "<language>en</language>", "", "info", "language-missing"],
  ["a wrong weekday", "<lastBuildDate>Sun", "<lastBuildDate>Mon", "error", "date-weekday"],
  ["an ISO date", /<pubDate>[^<]*/, "<pubDate>2025-06-01T11:59:00Z", "error", "date-invalid"],
  ["a day that does not exist", /<pubDate>[^<]*/, "<pubDate>30 Feb 2025 11:59:00 GMT", "error", "date-invalid"],
  ["a two-digit year", /<pubDate>[^<]*/, "<pubDate>Sun, 01 Jun 25 11:59:00 GMT", "warning", "date-obsolete"],
  ["a date in the future", /<pubDate>[^<]*/, "<pubDate>Wed, 01 Jan 2098 11:59:00 GMT", "warning", "date-future"],
  ["a date before 1990", /<pubDate>[^<]*/, "<pubDate>Tue, 01 Jan 1980 11:59:00 GMT", "warning", "date-implausible"],
  ["a tag in a title", "<title>Story 2<", "<title><![CDATA[<b>2</b>]]><", "warning", "plain-text"],
  ["a reference in a title", "<title>Story 2<", "<title>&amp;copy; 2<", "warning", "plain-text"],
  ["a blank title", "<title>Story 2<", "<title><", "warning", "blank"],
  ["no guid", /<guid[\s\S]*?<\/guid>/, "", "warning", "guid-missing"],
  ["one guid twice", "story000000000000000000002", "story000000000000000000001", "error", "guid-duplicate"],
  ["a guid that is no link but says so", 'isPermaLink="false"', "", "warning", "guid-permalink"],
  ["a guid that is a short number", "urn:storywire:story000000000000000000002", "123", "warning", "guid-short"],
  ["an author without address", "<pubDate>", "<author>Bob</author><pubDate>", "error", "rss-contact"],
  ["author beside dc:creator", "<pubDate>", "<author>a@b.example (Bob)</author><pubDate>", "warning", "rss-said-twice"],
  [
    "dc:date beside pubDate",
    "<pubDate>",
    "<dc:date>2025-06-01T11:59:00Z</dc:date><pubDate>",
    "warning",
    "rss-said-twice",
  ],
  [
    "content before its description",
    /(<description><!\[CDATA\[[^\n]*\n)(<content:encoded>[^\n]*\n)/,
    "$2$1",
    "warning",
    "content-order",
  ],
  ["an enclosure without length", 'length="18734211" ', "", "error", "number"],
  ["an enclosure with a negative length", 'length="18734211"', 'length="-1"', "error", "number"],
  ["an enclosure whose type is none", 'type="audio/mpeg"', 'type="image//img"', "error", "media-type"],
  [
    "an enclosure on a host without a dot",
    "https://media.example/1.mp3",
    "https://localhost/1.mp3",
    "error",
    "enclosure-url",
  ],
  [
    "an attribute that enclosures do not have",
    "<enclosure ",
    '<enclosure duration="3" ',
    "error",
    "unexpected-attribute",
  ],
  ["two enclosures", /(<enclosure[^>]*>)/, "$1$1", "warning", "duplicate-element"],
  ["a media group of one", "<media:thumbnail", "<media:group/><media:thumbnail", "error", "media-group"],
  ["a credit role in upper case", "<media:credit>", '<media:credit role="Photographer">', "error", "media-credit-role"],
  ["a medium there is not", 'medium="image"', 'medium="picture"', "error", "media-medium"],
  ["a caption with markup", "dusk.</media:description>", "&lt;/b></media:description>", "warning", "plain-text"],
  ["an element RSS does not have", "<pubDate>", "<foo>x</foo><pubDate>", "error", "rss-element"],
  ["a link with a space", "stories/2<", "stor ies/2<", "error", "url-invalid"],
  ["a link with a letter that is not ASCII", "stories/2<", "störies/2<", "error", "url-invalid"],
  ["a link with brackets", "stories/2<", "stories/[2]<", "error", "url-invalid"],
  ["a relative link", "https://news.example/stories/2<", "/stories/2<", "error", "url-relative"],
  ["a link that runs code", "https://news.example/stories/2<", "javascript:x<", "error", "url-active"],
  ["metadata behind the items", "</channel>", "<ttl>5</ttl></channel>", "warning", "metadata-order"],
  ["a ttl of zero", "<language>", "<ttl>0</ttl><language>", "error", "number"],
  ["another version", 'version="2.0"', 'version="3.0"', "error", "rss-version"],
  ["a source without address", '<source url="https://news.example/"', "<source", "error", "url-relative"],
  ["an hour 25 to skip", "<language>", "<skipHours><hour>25</hour></skipHours><language>", "error", "rss-skip"],
  ["text between elements", "<item>", "<item>stray", "error", "unexpected-text"],
];

const ATOM: readonly Case[] = [
  ...XML,
  ...HTML,
  ["no id", /<id>urn:storywire:feed[^\n]*\n/, "", "error", "atom-required"],
  ["no updated", /<updated>[^\n]*\n/, "", "error", "atom-required"],
  ["no author anywhere", /<author>\n<name>Top[\s\S]*?<\/author>/, "", "error", "atom-author"],
  ["no self link", /<link rel="self"[^>]*>/, "", "warning", "self-missing"],
  ["a self link that leads elsewhere", "feeds/top.atom", "feeds/x.atom", "warning", "self-elsewhere"],
  ["a self link of another type", 'type="application/atom+xml"', 'type="text/html"', "warning", "self-type"],
  ["one updated twice", "11:58:00.000Z</updated>", "11:59:30.000Z</updated>", "warning", "updated-duplicate"],
  ["one id twice", "story000000000000000000002", "story000000000000000000001", "warning", "id-duplicate"],
  ["a relative id", "urn:storywire:story000000000000000000002", "2", "error", "url-relative"],
  [
    "an id that is not normal",
    "urn:storywire:story000000000000000000002",
    "HTTP://Example.com:80",
    "warning",
    "id-canonical",
  ],
  ["white space around an id", "urn:storywire:story000000000000000000002", " urn:x-y:2 ", "error", "id-white-space"],
  ["neither content nor summary", /<summary>Plain[^\n]*\n/, "", "warning", "atom-content"],
  ["neither content nor link", /<link href="https:\/\/news.example\/stories\/2"[^>]*>/, "", "error", "atom-content"],
  [
    "two alternates alike",
    /(<link href="https:\/\/news.example\/stories\/2"[^>]*>)/,
    "$1$1",
    "error",
    "atom-alternate",
  ],
  ["a category without term", ' term="ferry"', "", "error", "atom-category"],
  ["a tag in plain text", "Plain summary.", "&lt;b>x&lt;/b>", "warning", "plain-text"],
  ["a reference in plain text", "Plain summary.", "&amp;amp; x", "warning", "plain-text"],
  ["a text type there is not", 'type="text">Story 2', 'type="plain">Story 2', "error", "atom-text-type"],
  [
    "a date without zone",
    "<published>2025-06-01T11:58:00.000Z",
    "<published>2025-06-01T11:58:00",
    "error",
    "date-invalid",
  ],
  ["a day that does not exist", "<published>2025-06-01T11:58", "<published>2025-02-30T11:58", "error", "date-invalid"],
  ["a date in the future", "<published>2025-06-01T11:58", "<published>2098-06-01T11:58", "warning", "date-future"],
  ["a relation there is not", 'rel="enclosure"', 'rel="attachment"', "warning", "atom-link-relation"],
  ["a paging link in an entry", 'rel="enclosure"', 'rel="next"', "warning", "atom-link-paging"],
  ["a link without address", ' href="https://media.example/1.mp3"', "", "error", "atom-link"],
  ["a length that is no number", 'length="18734211"', 'length="big"', "error", "number"],
  ["metadata behind the entries", "</feed>", '<category term="x"/></feed>', "error", "metadata-order"],
  [
    "the prefix atom",
    "xmlns:media",
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media',
    "warning",
    "namespace-prefix",
  ],
  ["no language", ' xml:lang="en"', "", "info", "language-missing"],
  ["a person without name", "<name>田中 健</name>", "", "error", "atom-person"],
  ["an e-mail address that is none", "aicha@news.example", "aicha", "error", "atom-person"],
  ["a source without title", "<title>Quay News</title>", "", "warning", "atom-source"],
  ["an element Atom does not have", "<published>", "<foo>x</foo><published>", "error", "atom-element"],
  [
    "an archive without links",
    "<subtitle>",
    '<h:archive xmlns:h="http://purl.org/syndication/history/1.0"/><subtitle>',
    "warning",
    "archive-links",
  ],
  ["text between elements", "</feed>", "x</feed>", "error", "unexpected-text"],
];

const JSON_FEED: readonly Case[] = [
  ...HTML,
  ["the version before", "version/1.1", "version/1", "warning", "json-version"],
  ["a version there is not", "version/1.1", "version/9", "error", "json-version"],
  ["a version that is not first", /^\{/, '{"user_comment": "x",', "warning", "json-version"],
  ["no title", ' "title": "Top stories",\n', "", "error", "json-missing"],
  ["a tag in the title", "Top stories", "Top <b>stories</b>", "warning", "plain-text"],
  ["a reference in a summary", '"title": "Story 2"', '"summary": "a &amp; b"', "warning", "plain-text"],
  ["a feed_url that leads elsewhere", "feeds/top.json", "feeds/x.json", "warning", "self-elsewhere"],
  ["no id", '"id": "urn:storywire:story000000000000000000002",', "", "error", "json-id"],
  ["an id that is a number", '"urn:storywire:story000000000000000000002"', "2", "error", "json-id"],
  ["one id twice", "story000000000000000000002", "story000000000000000000001", "error", "id-duplicate"],
  ["no url", '"url": "https://news.example/stories/2",', "", "warning", "json-missing"],
  ["a relative url", "https://news.example/stories/2", "/stories/2", "error", "url-relative"],
  ["a url that runs code", "https://news.example/stories/2", "javascript:x", "error", "url-active"],
  ["no content", /,\s*"content_text": "[^"]*"/, "", "error", "json-content"],
  ["blank content", /"content_text": "[^"]*"/, '"content_text": " "', "warning", "json-content"],
  ["a date without time", /"date_published": "[^"]*"/, '"date_published": "2025-06-01"', "error", "date-invalid"],
  [
    "modified before published",
    /"date_modified": "[^"]*"/,
    '"date_modified": "2001-06-01T00:00:00Z"',
    "warning",
    "json-dates",
  ],
  ["an empty list of authors", '"title": "Story 2"', '"authors": []', "warning", "json-authors"],
  ["an empty author", '"title": "Story 2"', '"authors": [{}]', "error", "json-authors"],
  ["the old author", '"title": "Story 2"', '"author": {"name": "x"}', "warning", "json-authors"],
  ["a language with an underscore", '"language": "en"', '"language": "en_US"', "error", "language-invalid"],
  ["an attachment without url", '"url": "https://media.example/1.mp3",', "", "error", "json-missing"],
  ["an attachment whose type is none", '"audio/mpeg"', '"audio"', "error", "media-type"],
  ["an attachment of negative size", "18734211", "-1", "error", "json-type"],
  ["a key JSON Feed does not have", '"title": "Story 2"', '"foo": 1', "error", "json-key"],
  ["an extension that is no object", '"title": "Story 2"', '"_foo": 1', "error", "json-extension"],
  ["an extension with a dot in its name", '"title": "Story 2"', '"_fo.o": {}', "error", "json-extension"],
  ["one key twice", '"title": "Story 2"', '"title": "x", "title": "y"', "error", "json-duplicate-key"],
  ["a byte order mark", /^/, "\ufeff", "error", "json-bom"],
  ["half of a surrogate pair", "Story 2", "Story \\ud83d", "error", "json-surrogate"],
  ["a control character", "Story 2", "Story \\u0001", "warning", "json-character"],
  ["a comma too many", /\}\n$/, ",}", "error", "json-well-formed"],
  ["one tag twice", '"ferry",', '"ferry", "ferry",', "warning", "json-tags"],
  ["no items", '"items": [', '"_items": {}, "next_url": "https://a.example/", "hubs": [', "error", "json-missing"],
  ["a hub without url", '"items": [', '"hubs": [{"type": "WebSub"}], "items": [', "error", "json-missing"],
  ["a next_url that leads here", '"items": [', `"next_url": "${SELF.json}", "items": [`, "error", "json-next-url"],
];

describe.each([
  ["rss", RSS],
  ["atom", ATOM],
  ["json", JSON_FEED],
] as const)("checkDocument of %s", (format, cases) => {
  it("finds nothing wrong with a sound document, by its name or by itself", () => {
    const options = { selfUrl: SELF[format], now: NOW };
    const notes = format === "json" ? ["json-icon", "json-icon"] : [];
    expect(checkDocument(SOUND[format], format, options).map(({ rule }) => rule)).toEqual(notes);
    expect(checkDocument(SOUND[format], "auto", options).map(({ rule }) => rule)).toEqual(notes);
  });

  it.each(cases)("finds %s", (_what, find, replace, level, rule) => {
    const broken = SOUND[format].replace(find, replace);
    expect(broken).not.toBe(SOUND[format]);
    const findings = checkDocument(broken, format, { selfUrl: SELF[format], now: NOW });
    expect(findings).toContainEqual(expect.objectContaining({ level, rule }));
  });
});

describe("checkDocument", () => {
  it("says where: line, column and path", () => {
    const broken = SOUND.rss.replace("stories/2<", "stor ies/2<");
    const [finding] = checkDocument(broken, "rss");
    const line = broken.slice(0, broken.indexOf("stor ies/2")).split("\n").length;
    expect(finding).toMatchObject({ rule: "url-invalid", path: "rss/channel/item[1]/link", line, column: 1 });
  });

  it("finds a document of another format than wanted", () => {
    expect(checkDocument(SOUND.atom, "rss")).toContainEqual(
      expect.objectContaining({ level: "error", rule: "format" }),
    );
    expect(checkDocument("<html/>", "auto")).toContainEqual(
      expect.objectContaining({ level: "error", rule: "format" }),
    );
  });

  it("finds a wrong media type and charset", () => {
    const rules = (mediaType: string) => checkDocument(SOUND.rss, "rss", { mediaType }).map(({ rule }) => rule);
    expect(rules("application/rss+xml; charset=utf-8")).toEqual([]);
    expect(rules("text/xml")).toEqual(["media-type"]);
    expect(rules("application/rss+xml; charset=latin1")).toEqual(["media-type"]);
  });

  it("does not read a document of more than 16 million characters", () => {
    expect(checkDocument(" ".repeat(16_000_001), "auto")).toEqual([expect.objectContaining({ rule: "too-large" })]);
  });

  it.each([">", "]]", "&", "&#x41;", "<![CDATA[", "<!--", "<a>", "\n"])(
    "takes time in proportion to a document of nothing but %j",
    (piece) => {
      // Where it grew with the square, it would take minutes.
      checkDocument(`<rss version="2.0"><channel><title>${piece.repeat(200_000 / piece.length)}`, "auto");
    },
  );

  it("reads U+2028 as a character of text, as XML 1.0 does", () => {
    expect(checkDocument(SOUND.rss.replace("Story 2", "Story\u20282"), "rss")).toEqual([]);
  });

  it.each(["", " ", "<", "{", "[1]", '"x"', "<rss/>", "<feed/>", "null", "<rss version='2.0'><channel/></rss>"])(
    "finds an error in %j and does not throw",
    (text) => {
      expect(checkDocument(text, "auto").some(({ level }) => level === "error")).toBe(true);
    },
  );
});
