import { escapeMarkup, html, trusted, type View } from "../../html/view.ts";
import type { DateInterval } from "../../model/date.ts";
import type { Entry } from "../../model/feed.ts";
import type { SafeHtml } from "../../model/html.ts";
import type { Enclosure, Image, Story } from "../../model/story.ts";
import type { FoundStory, StoryChange } from "../wire.ts";
import { enclosuresView } from "./enclosures.ts";
import { blockAttributes, countOf, factsView, type PageContext, renderPage, timeElement } from "./layout.ts";
import { authorsView, headlineOf, pictureView, publishedElement, updatedElement, webAddress } from "./story-parts.ts";

/** Changes of a story that its page lists: the newest. */
const CHANGES_MAX = 20;

const UNTITLED = "Untitled story";

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

/** The publisher's page of the story. */
function originalAddress({ story, link }: Entry): string | undefined {
  return story.url === undefined ? undefined : webAddress(link);
}

function originalLink(entry: Entry): View | false {
  const original = originalAddress(entry);
  return (
    original !== undefined &&
    html`<p class="onward" lang="en" dir="ltr"><a href="${original}">Read it where it was published</a></p>`
  );
}

/** Its enclosures, without pictures that its page shows. */
function filesOf({ enclosures, images }: Story): readonly Enclosure[] {
  const pictures = new Set(images.map(({ url }) => url));
  return enclosures.filter(({ url }) => !pictures.has(url));
}

/** What the story says and shows; nothing of it once it is withdrawn. */
function bodyView(entry: Entry): View {
  const { story } = entry;
  if (story.withdrawnAt !== undefined) return html`${originalLink(entry)}`;
  const [lead, ...others] = story.images.filter((image) => !isShown(story, image));
  return html`${lead !== undefined && pictureView(lead)}
${story.contentHtml !== undefined && contentView(story.contentHtml)}
${story.contentHtml === undefined && originalLink(entry)}
${others.length > 0 && html`<section lang="en" class="pictures" aria-labelledby="pictures"><h2 id="pictures" class="section">Pictures</h2>${others.map(pictureView)}</section>`}
${enclosuresView(filesOf(story))}
${story.tags.length > 0 && html`<ul class="tags" lang="en" aria-label="Tags">${story.tags.map((tag) => html`<li dir="auto">${tag}</li>`)}</ul>`}`;
}

/** How the date of publication is known, in words; false where it was given to the minute. */
function certaintyView({ publishedDay, dates: { published } }: Story): View | false {
  return published !== undefined && CERTAINTIES[published.precision](published, publishedDay);
}

type Certainty = (date: DateInterval, day: string | undefined) => View | false;

const CERTAINTIES: Readonly<Record<DateInterval["precision"], Certainty>> = {
  exact: ({ to }, day) =>
    day !== undefined &&
    html`Known to the minute by now, ${timeElement(to)}; the date of a published story does not move.`,
  day: () => html`The publisher names the day only.`,
  relative: ({ from, to, text }) =>
    html`Worked out${text !== undefined && html` from “<bdi>${text}</bdi>”`}${from !== undefined && html`: between ${timeElement(from)} and ${timeElement(to)}`}.`,
  "first-seen": () => html`The publisher gives no date.`,
};

/** What changed, as people call it. */
const CHANGED_NAMES: Readonly<Record<string, string>> = {
  title: "title",
  summary: "summary",
  summaryHtml: "summary",
  contentHtml: "text",
};

function changeView({ at, changed }: StoryChange): View {
  const names = new Set(changed.map((field) => CHANGED_NAMES[field] ?? field));
  return html`<li>${timeElement(at)}${names.size > 0 && `: new ${[...names].join(" and ")}`}</li>`;
}

function revisionsView({ revision }: Story, changes: readonly StoryChange[]): View {
  if (revision === 1) return html`<p>Unchanged since it came here.</p>`;
  return html`<p>Changed ${countOf(revision - 1, "time", "times")} since it came here.</p>
<ul>${changes.slice(-CHANGES_MAX).map(changeView)}</ul>`;
}

function fact(name: string, value: View | false, note: View | false = false): View | false {
  return value && html`<dt>${name}</dt><dd>${value}${note && html` <span class="note">${note}</span>`}</dd>`;
}

/** Where the story comes from, and what is known of its dates. */
function aboutView({ addresses }: PageContext, found: Pick<FoundStory, "entry" | "changes">): View {
  const { story, source } = found.entry;
  const original = originalAddress(found.entry);
  const { withdrawnAt, firstSeenAt, lastSeenAt, rights } = story;
  return html`<section class="about" lang="en" dir="ltr" aria-labelledby="about"><h2 id="about" class="section">About this story</h2>
<dl>
${fact("Source", html`<bdi>${source.title}</bdi>`)}
${fact("Original", original !== undefined && html`<a href="${original}" class="address">${original}</a>`)}
${fact("Published", publishedElement(story), certaintyView(story))}
${fact("Updated", updatedElement(story))}
${fact("Seen", firstSeenAt === lastSeenAt ? html`on ${timeElement(firstSeenAt)}` : html`from ${timeElement(firstSeenAt)} to ${timeElement(lastSeenAt)}`)}
${fact("Withdrawn", withdrawnAt !== undefined && timeElement(withdrawnAt))}
${fact("Revisions", revisionsView(story, found.changes))}
${fact("Rights", rights !== undefined && html`<bdi>${rights}</bdi>`)}
${fact("Record", html`<a href="${addresses.storyRecord(story.id)}" type="application/json">Everything known of it, as JSON</a>`)}
</dl>
</section>`;
}

/** The permalink page of a story: all we hold of it. */
export function renderStoryPage(context: PageContext, found: Pick<FoundStory, "entry" | "changes">): View {
  const { story } = found.entry;
  const { addresses } = context;
  const canonical = webAddress(story.canonicalUrl ?? story.url) ?? addresses.absolute(addresses.story(story.id));
  const title = headlineOf(story) || UNTITLED;
  const isWithdrawn = story.withdrawnAt !== undefined;
  const updated = updatedElement(story);
  const facts = [authorsView(story.authors), publishedElement(story), updated !== false && html`updated ${updated}`];
  return renderPage(context, {
    title,
    description: isWithdrawn ? undefined : (story.summary ?? story.description),
    links: html`<link rel="canonical" href="${canonical}">
<link rel="alternate" type="application/json" href="${addresses.storyRecord(story.id)}">
`,
    isScripted: true,
    main: html`<article class="story" ${blockAttributes(title, story.language)}>
<header class="intro">
${isWithdrawn && html`<p class="withdrawn" lang="en" dir="ltr">This story was withdrawn; its text is no longer shown.</p>`}
${story.section !== undefined && html`<p class="kicker" dir="auto">${story.section}</p>`}
<h1 dir="auto">${title}</h1>
${!isWithdrawn && standfirst(story)}
<p class="meta" lang="en">${factsView(facts)}</p>
</header>
${bodyView(found.entry)}
${aboutView(context, found)}
</article>`,
  });
}
