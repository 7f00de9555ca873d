import { html } from "../html/view.ts";
import type { Addresses } from "./addresses.ts";
import type { FeedOverview } from "./wire.ts";

/** OPML 2.0 (http://opml.org/spec2.opml) with one subscription, to the RSS document, for every feed. */
export function renderOpml(title: string, feeds: readonly FeedOverview[], addresses: Addresses): string {
  const outlines = feeds.map(
    (feed) =>
      html`    <outline type="rss" version="RSS2" text="${feed.title}" title="${feed.title}" description="${feed.description}" language="${feed.language}" xmlUrl="${addresses.absolute(addresses.feed(feed.slug, "rss"))}" htmlUrl="${addresses.absolute(addresses.feedPage(feed.slug))}"/>\n`,
  );
  return html`<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>${title}</title>
    <docs>http://opml.org/spec2.opml</docs>
  </head>
  <body>
${outlines}  </body>
</opml>
`.toString();
}
