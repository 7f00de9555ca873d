import { html, trusted, type View } from "../../html/view.ts";
import type { Entry } from "../../model/feed.ts";
import { FORMATS } from "../addresses.ts";
import type { FeedOverview, FeedPage } from "../wire.ts";
import { addressOf, alternateLinks, freshnessView } from "./catalogue.ts";
import { blockAttributes, factsView, type PageContext, renderPage, textAttributes } from "./layout.ts";
import { authorsView, excerptOf, headlineOf, pictureView, publishedElement, webAddress } from "./story-parts.ts";

/** Feed readers that subscribe by a link; the address of the feed, escaped, goes at the end. */
const READERS: readonly { readonly name: string; readonly prefix: string }[] = [
  { name: "Feedly", prefix: "https://feedly.com/i/subscription/feed%2F" },
  { name: "Inoreader", prefix: "https://www.inoreader.com/?add_feed=" },
  { name: "NewsBlur", prefix: "https://www.newsblur.com/?url=" },
  { name: "The Old Reader", prefix: "https://theoldreader.com/feeds/subscribe?url=" },
  { name: "Feedbin", prefix: "https://feedbin.com/?subscribe=" },
];

function addressRow(context: PageContext, feed: FeedOverview, { format, name }: (typeof FORMATS)[number]): View {
  const address = context.addresses.absolute(addressOf(context.addresses, feed, format));
  return html`<li><span class="format">${name}</span> <code id="address-${format}" class="address" dir="ltr">${address}</code> <button type="button" data-copy="${address}" aria-describedby="address-${format}" aria-live="polite" class="quiet" hidden>Copy</button></li>`;
}

/** How to subscribe: addresses to copy, and links that open readers. */
function subscribePanel(context: PageContext, feed: FeedOverview): View {
  const address = context.addresses.absolute(addressOf(context.addresses, feed, "rss"));
  return html`<section class="subscribe" aria-labelledby="subscribe">
<h2 id="subscribe">Subscribe</h2>
<p>Paste one of these addresses into any feed reader. All three hold the same stories.</p>
<ul class="addresses">${FORMATS.map((format) => addressRow(context, feed, format))}</ul>
<p class="readers"><span>Or open it in</span> <a href="feed:${address}">an app on this device</a>${READERS.map(
    ({ name, prefix }) =>
      html` <a href="${prefix}${encodeURIComponent(address)}" rel="noopener noreferrer">${name}</a>`,
  )}</p>
</section>`;
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
  const facts = [publishedElement(story), html`<bdi>${source.title}</bdi>`, authorsView(story.authors)];
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

/** The page of a feed: what it is, how to subscribe, its entries. */
export function renderFeedPage(context: PageContext, { feed, entries }: FeedPage): View {
  return renderPage(context, {
    title: feed.title,
    description: feed.description || undefined,
    links: alternateLinks(context, feed),
    isScripted: true,
    main: html`<header class="intro" ${blockAttributes(feed.title)}>
<h1 ${textAttributes(feed.language)}>${feed.title}</h1>
${feed.description !== "" && html`<p class="lead" ${textAttributes(feed.language)}>${feed.description}</p>`}
${freshnessView(feed)}
</header>
${subscribePanel(context, feed)}
<section aria-labelledby="stories">
<h2 id="stories" class="section">Stories</h2>
${
  entries.length > 0
    ? html`<ol class="entries">${entries.map((entry) => entryView(context, feed, entry))}</ol>`
    : html`<p class="empty">No story yet. Subscribe now and the first one will not be missed.</p>`
}
</section>`,
  });
}
