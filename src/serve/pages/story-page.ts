import { escapeMarkup, html, trusted, type View } from "../../html/view.ts";
import type { Entry } from "../../model/feed.ts";
import type { SafeHtml } from "../../model/html.ts";
import type { Enclosure, Image, Story } from "../../model/story.ts";
import { blockAttributes, factsView, type PageContext, renderPage, timeElement } from "./layout.ts";
import { authorsView, headlineOf, pictureView, publishedElement, webAddress } from "./story-parts.ts";

/** Whether the content already shows this picture. */
function isShown(story: Story, { url }: Image): boolean {
  return url !== undefined && (story.contentHtml?.includes(escapeMarkup(url)) ?? false);
}

function standfirst(story: Story): View | false {
  if (story.summaryHtml !== undefined) return html`<div class="lead">${trusted(story.summaryHtml)}</div>`;
  return story.summary !== undefined && html`<p class="lead" dir="auto">${story.summary}</p>`;
}

function contentView(contentHtml: SafeHtml): View {
  const isWide = contentHtml.includes("<table");
  const scrolling = isWide && html` tabindex="0" role="region" aria-label="Text of the story"`;
  return html`<div class="prose${isWide && " wide"}" dir="auto"${scrolling}>${trusted(contentHtml)}</div>`;
}

function enclosureView({ url, type, lengthBytes }: Enclosure): View | false {
  const address = webAddress(url);
  if (address === undefined) return false;
  const facts = [type, lengthBytes !== undefined && `${Math.ceil(lengthBytes / 1024).toLocaleString("en-GB")} kB`];
  return html`<li><a href="${address}" dir="ltr">${address}</a> <span class="meta">${facts.filter(Boolean).join(", ")}</span></li>`;
}

function enclosuresView({ enclosures }: Story): View | false {
  return (
    enclosures.length > 0 &&
    html`<section lang="en" aria-labelledby="enclosures"><h2 id="enclosures" class="section">Files</h2><ul class="files">${enclosures.map(enclosureView)}</ul></section>`
  );
}

function sourceLine({ story, source, link }: Entry): View {
  const original = webAddress(story.url) ?? webAddress(link);
  return html`<p class="source" lang="en">From <bdi>${source.title}</bdi>.${story.url !== undefined && original !== undefined && html` <a href="${original}">Read it where it was published</a>.`}${story.rights !== undefined && html` <bdi>${story.rights}</bdi>`}</p>`;
}

/** The permalink page of a story: all we hold of it. */
export function renderStoryPage(context: PageContext, entry: Entry): View {
  const { story } = entry;
  const { addresses } = context;
  const canonical = webAddress(story.canonicalUrl ?? story.url) ?? addresses.absolute(addresses.story(story.id));
  const title = headlineOf(story) || "Untitled story";
  const facts = [
    authorsView(story.authors),
    publishedElement(story),
    story.updatedAt !== undefined && html`updated ${timeElement(story.updatedAt)}`,
  ];
  const [lead, ...others] = story.images.filter((image) => !isShown(story, image));
  return renderPage(context, {
    title,
    description: story.summary ?? story.description,
    links: html`<link rel="canonical" href="${canonical}">
<link rel="alternate" type="application/json" href="${addresses.storyRecord(story.id)}">
`,
    isScripted: true,
    main: html`<article class="story" ${blockAttributes(title, story.language)}>
<header class="intro">
${story.section !== undefined && html`<p class="kicker" dir="auto">${story.section}</p>`}
<h1 dir="auto">${title}</h1>
${standfirst(story)}
<p class="meta" lang="en">${factsView(facts)}</p>
</header>
${lead !== undefined && pictureView(lead)}
${story.contentHtml !== undefined && contentView(story.contentHtml)}
${others.length > 0 && html`<section lang="en" class="pictures" aria-labelledby="pictures"><h2 id="pictures" class="section">Pictures</h2>${others.map(pictureView)}</section>`}
${enclosuresView(story)}
${story.tags.length > 0 && html`<ul class="tags" lang="en" aria-label="Tags">${story.tags.map((tag) => html`<li dir="auto">${tag}</li>`)}</ul>`}
${sourceLine(entry)}
</article>`,
  });
}
