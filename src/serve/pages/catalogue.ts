import { html, type View } from "../../html/view.ts";
import { FORMATS, withToken } from "../addresses.ts";
import type { FeedOverview } from "../wire.ts";
import {
  blockAttributes,
  countOf,
  factsView,
  type PageContext,
  renderPage,
  textAttributes,
  timeElement,
} from "./layout.ts";
import { searchForm } from "./search-form.ts";

/** Feeds on one page of the catalogue. */
const CATALOGUE_FEEDS_MAX = 200;
/** From so many feeds on readers may look for one by name. */
const FIND_FEEDS_MIN = 8;

/** What a reader asked the catalogue for. */
export interface CatalogueRequest {
  /** Words that title or description must hold; "" for all. */
  readonly query: string;
  /** From 1. */
  readonly page: number;
}

/** The address of a feed's document, also of one that a reader put together. */
export function addressOf(addresses: PageContext["addresses"], feed: FeedOverview, suffix: string): string {
  const path =
    feed.request === undefined ? addresses.feed(feed.slug, suffix) : addresses.requested(feed.request, suffix);
  return feed.token === undefined ? path : withToken(path, feed.token);
}

/** The `link rel="alternate"` of a feed in every format, by which readers discover it. */
export function alternateLinks({ addresses }: PageContext, feed: FeedOverview): View {
  return html`${FORMATS.map(
    ({ format, name, mediaType }) =>
      html`<link rel="alternate" type="${mediaType}" title="${feed.title} (${name})" href="${addresses.absolute(addressOf(addresses, feed, format))}">\n`,
  )}`;
}

/** Feeds whose title or description holds every word of the query, whatever its case. */
function findFeeds(feeds: readonly FeedOverview[], query: string): readonly FeedOverview[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return feeds;
  return feeds.filter((feed) => {
    const text = `${feed.title} ${feed.description} ${feed.slug}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** How many stories a feed holds, and when it last changed. */
export function freshnessView({ entries, updatedAt }: FeedOverview): View {
  const updated = updatedAt !== undefined && html`updated ${timeElement(updatedAt)}`;
  const count = entries === 0 ? "no story yet" : countOf(entries, "story", "stories");
  return html`<p class="meta">${factsView([html`${count}`, updated])}</p>`;
}

function feedCard({ addresses }: PageContext, feed: FeedOverview): View {
  return html`<li class="card" ${blockAttributes(feed.title)}>
<h2 ${textAttributes(feed.language)}><a class="headline" href="${addresses.feedPage(feed.slug)}">${feed.title}</a></h2>
${feed.description !== "" && html`<p ${textAttributes(feed.language)}>${feed.description}</p>`}
${freshnessView(feed)}
<ul class="formats" aria-label="Formats">${FORMATS.map(
    ({ format, name, mediaType }) =>
      html`<li><a href="${addresses.feed(feed.slug, format)}" type="${mediaType}">${name}<span class="unseen"> of <bdi>${feed.title}</bdi></span></a></li>`,
  )}</ul>
</li>`;
}

function pager({ addresses }: PageContext, { query, page }: CatalogueRequest, pages: number): View | false {
  const address = (to: number) =>
    `${addresses.home()}?${new URLSearchParams({ ...(query && { q: query }), page: String(to) })}`;
  return (
    pages > 1 &&
    html`<nav class="pager" aria-label="Pages of the catalogue">
${page > 1 && html`<a rel="prev" href="${address(page - 1)}">Previous</a>`}
<span>Page ${page} of ${pages}</span>
${page < pages && html`<a rel="next" href="${address(page + 1)}">Next</a>`}
</nav>`
  );
}

/** What stands where feeds would. */
function emptyView({ query }: CatalogueRequest): View {
  return query === ""
    ? html`<p class="empty">No feed is published yet. Each file in the service’s <code>feeds</code> folder becomes one.</p>`
    : html`<p class="empty">No feed has these words in its name or description. A story may: search for stories instead.</p>`;
}

/** The page at `/`: every feed with what it is, how fresh it is, and its formats. */
export function renderCatalogue(context: PageContext, all: readonly FeedOverview[], request: CatalogueRequest): View {
  const { site } = context;
  const found = findFeeds(all, request.query);
  const pages = Math.max(Math.ceil(found.length / CATALOGUE_FEEDS_MAX), 1);
  const page = Math.min(request.page, pages);
  const shown = found.slice((page - 1) * CATALOGUE_FEEDS_MAX, page * CATALOGUE_FEEDS_MAX);
  const summary =
    request.query === ""
      ? html`${countOf(all.length, "feed", "feeds")} to follow in any feed reader.`
      : html`${countOf(found.length, "feed", "feeds")} for “<bdi>${request.query}</bdi>”.`;
  return renderPage(context, {
    title: site.title,
    description: `Feeds published by ${site.title}, as RSS, Atom and JSON Feed.`,
    links: html`${shown.map((feed) => alternateLinks(context, feed))}`,
    main: html`<header class="intro" ${blockAttributes(site.title)}>
<h1 ${textAttributes(site.language)}>${site.title}</h1>
<p class="lead"><span dir="ltr">${summary}</span></p>
${searchForm(context, { words: request.query, findsFeeds: all.length >= FIND_FEEDS_MIN || request.query !== "" })}
</header>
${shown.length > 0 ? html`<ul class="cards">${shown.map((feed) => feedCard(context, feed))}</ul>` : emptyView(request)}
${pager(context, { ...request, page }, pages)}`,
  });
}
