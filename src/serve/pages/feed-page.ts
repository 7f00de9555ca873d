import { html, trusted, type View } from "../../html/view.ts";
import type { Entry } from "../../model/feed.ts";
import { canonicalQuery, parseReaderQuery } from "../../select/reader-query.ts";
import { FORMATS } from "../addresses.ts";
import type { FeedOverview, FeedPage } from "../wire.ts";
import { addressOf, alternateLinks, freshnessView } from "./catalogue.ts";
import { blockAttributes, factsView, type PageContext, renderPage, textAttributes } from "./layout.ts";
import { qrCode } from "./qr-code.ts";
import { searchForm } from "./search-form.ts";
import { authorsView, excerptOf, headlineOf, pictureView, publishedElement, webAddress } from "./story-parts.ts";

/** Feed readers that subscribe by a link; the address of the feed, escaped, goes at the end. */
const READERS: readonly { readonly name: string; readonly prefix: string }[] = [
  { name: "Feedly", prefix: "https://feedly.com/i/subscription/feed%2F" },
  { name: "Inoreader", prefix: "https://www.inoreader.com/?add_feed=" },
  { name: "NewsBlur", prefix: "https://www.newsblur.com/?url=" },
  { name: "The Old Reader", prefix: "https://theoldreader.com/feeds/subscribe?url=" },
  { name: "Feedbin", prefix: "https://feedbin.com/?subscribe=" },
];

/** The query of whoever asks for nothing. */
const PLAIN = parseReaderQuery(new URLSearchParams());

/** Sources named at the head of a feed's page. */
const SOURCES_NAMED_MAX = 8;

function addressRow(context: PageContext, feed: FeedOverview, { format, name }: (typeof FORMATS)[number]): View {
  const address = context.addresses.absolute(addressOf(context.addresses, feed, format));
  return html`<li><label for="address-${format}" class="format">${name}</label> <input id="address-${format}" class="address" type="text" value="${address}" readonly dir="ltr" spellcheck="false"> <button type="button" data-copy="address-${format}" aria-describedby="address-${format}" aria-live="polite" class="quiet" hidden>Copy</button></li>`;
}

/** A code for telephones; it leads to the feed without a suffix, which answers browsers and readers alike. */
function codeFigure({ addresses }: PageContext, feed: FeedOverview): View | false {
  const code = qrCode(addresses.absolute(addressOf(addresses, feed, "")));
  return code && html`<figure class="code">${code}<figcaption>Scan with a phone</figcaption></figure>`;
}

// Hosts of which the browser's own machine is meant (RFC 6761 §6.3, RFC 5735 §3).
const OWN_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What a newcomer should know before the address is given to others. */
function reachNote({ site }: PageContext): View | false {
  return (
    OWN_MACHINE.test(new URL(site.baseUrl).hostname) &&
    html`<p class="note">These addresses work on this computer only, until the setting <code>baseUrl</code> names the service’s public address.</p>`
  );
}

/** How to subscribe: addresses to copy, links that open readers, a code to scan. */
function subscribePanel(context: PageContext, feed: FeedOverview): View {
  const address = context.addresses.absolute(addressOf(context.addresses, feed, "rss"));
  const isSearch = feed.request?.origin.kind === "search";
  const ways = html`<div class="ways"><div>
<p>Copy an address into your feed reader and new stories come to you. All three hold the same stories; if in doubt, take RSS.</p>
<ul class="addresses">${FORMATS.map((format) => addressRow(context, feed, format))}</ul>
</div>${codeFigure(context, feed)}</div>
<p class="readers"><span>Or open it in</span> <a href="feed:${address}">an app on this device</a>${READERS.map(
    ({ name, prefix }) =>
      html` <a href="${prefix}${encodeURIComponent(address)}" rel="noopener noreferrer">${name}</a>`,
  )}</p>
${reachNote(context)}`;
  // Who searches wants to see what was found.
  return isSearch
    ? html`<details class="subscribe"><summary><h2 id="subscribe">Subscribe to this search</h2></summary>${ways}</details>`
    : html`<section class="subscribe" aria-labelledby="subscribe"><h2 id="subscribe">Subscribe</h2>${ways}</section>`;
}

/** Whose stories these are; each of them has a feed of its own, unless a token stands before them. */
function sourcesView({ addresses }: PageContext, { feed, entries }: FeedPage): View | false {
  const sources = [...new Map(entries.map(({ source }) => [source.id, source])).values()];
  const isLinked = feed.token === undefined && feed.request?.origin.kind !== "source";
  const names = sources
    .slice(0, SOURCES_NAMED_MAX)
    .map(({ id, title }) =>
      isLinked
        ? html`<a href="${addresses.prefix}/sources/${encodeURIComponent(id)}.html"><bdi>${title}</bdi></a>`
        : html`<bdi>${title}</bdi>`,
    );
  const more = sources.length - names.length;
  return (
    sources.length > 0 &&
    html`<p class="meta"><span dir="ltr">From ${names.map((name, index) => html`${index > 0 && ", "}${name}`)}${more > 0 && ` and ${more} more`}</span></p>`
  );
}

function summaryView({ story }: Entry): View | false {
  if (story.summaryHtml !== undefined) return html`<div class="summary" dir="auto">${trusted(story.summaryHtml)}</div>`;
  if (story.summary !== undefined) {
    return story.summary !== headlineOf(story) && html`<p class="summary" dir="auto">${story.summary}</p>`;
  }
  return (
    story.contentHtml !== undefined && html`<p class="summary" dir="auto">${trusted(excerptOf(story.contentHtml))}</p>`
  );
}

/** The picture that stands for the story: the lead, else the first that has an address. */
function pictureOf({ images }: Entry["story"]): View | false {
  const image = images.find(({ role }) => role === "lead") ?? images.find(({ url }) => url !== undefined);
  return image !== undefined && pictureView(image);
}

function entryView({ addresses }: PageContext, feed: FeedOverview, entry: Entry): View {
  const { story, source, link } = entry;
  const permalink = addresses.story(story.id);
  const headline = headlineOf(story) || link;
  const facts = [
    story.section !== undefined && html`<bdi class="desk">${story.section}</bdi>`,
    publishedElement(story),
    html`<bdi>${source.title}</bdi>`,
    authorsView(story.authors),
  ];
  return html`<li><article class="entry" ${blockAttributes(headline, story.language ?? feed.language)}>
<div class="words">
<h3 dir="auto"><a class="headline" href="${webAddress(link) ?? permalink}">${headline}</a></h3>
<p class="meta" lang="en">${factsView(facts)}</p>
${summaryView(entry)}
<p class="more" lang="en"><a href="${permalink}">${story.contentHtml === undefined ? "Details" : "Read it here"}<span class="unseen">: <bdi>${headline}</bdi></span></a></p>
</div>
${pictureOf(story)}
</article></li>`;
}

/** What the query of the page's address says, and the way to the feed without it. */
function filterView({ addresses }: PageContext, feed: FeedOverview): View | false {
  const asked = new URLSearchParams(feed.request === undefined ? "" : canonicalQuery(feed.request.query));
  if (feed.request === undefined || asked.size === 0) return false;
  const told = [...asked].map(([name, value], index) => html`${index > 0 && ", "}<code>${name}=${value}</code>`);
  const whole = { ...feed, request: { ...feed.request, query: PLAIN } };
  return html`<p class="filter" lang="en" dir="ltr">Asked for with ${told}. <a href="${addressOf(addresses, whole, "html")}">Show the whole feed</a></p>`;
}

/** What stands where stories would. */
function emptyView({ request }: FeedOverview): View {
  if (request?.origin.kind === "search") {
    return html`<p class="empty">No story holds these words. Try fewer or other ones, or subscribe and be told of the first one that does.</p>`;
  }
  return request !== undefined && canonicalQuery(request.query) !== ""
    ? html`<p class="empty">No story passes the filter now. Subscribe and the first one that does will not be missed.</p>`
    : html`<p class="empty">No story yet. Subscribe now and the first one will not be missed.</p>`;
}

function storiesView(context: PageContext, { feed, entries }: FeedPage): View {
  return html`<section aria-labelledby="stories">
<h2 id="stories" class="section">Stories</h2>
${entries.length > 0 ? html`<ol class="entries">${entries.map((entry) => entryView(context, feed, entry))}</ol>` : emptyView(feed)}
</section>`;
}

/** The page of a feed: what it is, how to subscribe, its entries. */
export function renderFeedPage(context: PageContext, page: FeedPage): View {
  const { feed } = page;
  const origin = feed.request?.origin;
  return renderPage(context, {
    title: feed.title,
    description: feed.description || undefined,
    links: alternateLinks(context, feed),
    isScripted: true,
    // What one reader put together, or needs a token for, is of no use to others.
    isUnlisted: feed.request !== undefined,
    main: html`<header class="intro" ${blockAttributes(feed.title)}>
<h1 ${textAttributes(feed.language)}>${feed.title}</h1>
${feed.description !== "" && html`<p class="lead" ${textAttributes(feed.language)}>${feed.description}</p>`}
${freshnessView(feed)}
${sourcesView(context, page)}
${filterView(context, feed)}
${origin?.kind === "search" && searchForm(context, { words: origin.words })}
</header>
${subscribePanel(context, feed)}
${storiesView(context, page)}`,
  });
}
