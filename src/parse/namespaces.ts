/** Namespaces by the prefix we know them under: without scheme, `www.` and trailing punctuation, in lower case. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  "": [
    "purl.org/rss/1.0",
    "my.netscape.com/rdf/simple/0.9",
    "my.netscape.com/publish/formats/rss-0.9.dtd",
    "my.netscape.com/publish/formats/rss-0.91.dtd",
    "channel.netscape.com/rdf/simple/0.9",
    "purl.org/net/rss1.1",
    "purl.org/rss/2.0",
    "backend.userland.com/rss",
    "backend.userland.com/rss2",
    "backend.userland.com/rss091",
    "blogs.law.harvard.edu/tech/rss",
    "cyber.law.harvard.edu/rss/rss.html",
    "cyber.law.harvard.edu/rss",
    "rssboard.org/rss-specification",
  ],
  atom: ["w3.org/2005/atom", "purl.org/atom/ns", "purl.org/atom"],
  rdf: ["w3.org/1999/02/22-rdf-syntax-ns"],
  dc: ["purl.org/dc/elements/1.1", "purl.org/dc/elements/1.0", "purl.org/metadata/dublin_core"],
  dcterms: ["purl.org/dc/terms"],
  content: ["purl.org/rss/1.0/modules/content"],
  slash: ["purl.org/rss/1.0/modules/slash"],
  sy: ["purl.org/rss/1.0/modules/syndication", "purl.org/net/rss1.1/modules/syndication"],
  cc: ["web.resource.org/cc", "creativecommons.org/ns"],
  creativecommons: ["backend.userland.com/creativecommonsrssmodule"],
  media: [
    "search.yahoo.com/mrss",
    "tools.search.yahoo.com/mrss",
    "search.yahoo.com/searchmonkey/media",
    "rssboard.org/media-rss",
    "video.search.yahoo.com/mrss",
  ],
  itunes: ["itunes.com/dtds/podcast-1.0.dtd", "itunes.com/dtds/podcast-1.0", "example.com/dtds/podcast-1.0.dtd"],
  podcast: [
    "podcastindex.org/namespace/1.0",
    "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
    "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0",
  ],
  googleplay: ["google.com/schemas/play-podcasts/1.0", "google.com/schemas/play-podcasts/1.0/play-podcasts.xsd"],
  feedburner: ["rssnamespace.org/feedburner/ext/1.0"],
  wfw: ["wellformedweb.org/commentapi"],
  fh: ["purl.org/syndication/history/1.0"],
  thr: ["purl.org/syndication/thread/1.0"],
  georss: ["georss.org/georss"],
  geo: ["w3.org/2003/01/geo/wgs84_pos"],
  gml: ["opengis.net/gml"],
  xhtml: ["w3.org/1999/xhtml", "w3.org/tr/rec-html40"],
  svg: ["w3.org/2000/svg"],
  math: ["w3.org/1998/math/mathml"],
  xlink: ["w3.org/1999/xlink"],
  xml: ["w3.org/xml/1998/namespace"],
};

const BY_URI = new Map(Object.entries(PREFIXES).flatMap(([prefix, uris]) => uris.map((uri) => [uri, prefix] as const)));

/** The usual prefix of a namespace, empty for RSS itself; undefined for namespaces we do not know. */
export function findPrefix(uri: string): string | undefined {
  return BY_URI.get(
    uri
      .trim()
      .toLowerCase()
      .replace(/^https?:\/\/(?:www\.)?/, "")
      .replace(/[/#?]{1,4}$/, ""),
  );
}
