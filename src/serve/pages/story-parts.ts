import { html, type View } from "../../html/view.ts";
import type { SafeHtml } from "../../model/html.ts";
import type { Author, Image, Story } from "../../model/story.ts";
import { dayElement, timeElement } from "./layout.ts";

/** The address when a browser may follow it; undefined for file: addresses, which are the operator's own. */
export function webAddress(url: string | undefined): string | undefined {
  return url?.startsWith("https://") || url?.startsWith("http://") ? url : undefined;
}

/** When the story was published, as sharply as that was known when it was first seen. */
export function publishedElement({ publishedAt, publishedDay, dates }: Story): View {
  if (publishedDay !== undefined) return dayElement(publishedDay);
  const time = timeElement(publishedAt);
  if (dates.published?.precision === "first-seen") return html`first seen ${time}`;
  return dates.published?.precision === "relative" ? html`about ${time}` : time;
}

/** When its publisher changed the story; false where nobody told of a change. */
export function updatedElement({ updatedAt, updatedDay }: Story): View | false {
  if (updatedDay !== undefined) return dayElement(updatedDay);
  return updatedAt !== undefined && timeElement(updatedAt);
}

function authorView({ name, url }: Author): View {
  const address = webAddress(url);
  return address === undefined ? html`<bdi>${name}</bdi>` : html`<a href="${address}"><bdi>${name}</bdi></a>`;
}

/** `By A, B` */
export function authorsView(authors: readonly Author[]): View | false {
  return (
    authors.length > 0 && html`By ${authors.map((author, index) => html`${index > 0 && ", "}${authorView(author)}`)}`
  );
}

/** Caption and credit; the credit is set apart so that both can be told from each other. */
function captionView({ caption, credit }: Image): View | false {
  if (caption === undefined && credit === undefined) return false;
  return html`<figcaption dir="auto">${caption}${caption !== undefined && credit !== undefined && " "}${credit !== undefined && html`<span class="credit" dir="auto">${credit}</span>`}</figcaption>`;
}

/** Width and height attributes, so that the text below does not jump when the picture comes. */
function sizeAttributes({ width, height }: Image): View | false {
  return width !== undefined && height !== undefined && html` width="${width}" height="${height}"`;
}

/** A picture with its caption and credit; only the caption where the picture has no address a page may load. */
export function pictureView(image: Image): View | false {
  const caption = captionView(image);
  // The pages' Content-Security-Policy loads pictures over https only.
  if (!image.url?.startsWith("https://")) return caption && html`<figure class="unpictured">${caption}</figure>`;
  return html`<figure><img src="${image.url}" alt="${image.alt ?? ""}"${sizeAttributes(image)} loading="lazy" decoding="async">${caption}</figure>`;
}

/** Characters of a title made from a text. */
const HEADLINE_CHARACTERS = 90;

/** What to call a story: its title, else the first words of its summary; "" where it has neither. */
export function headlineOf({ title, summary = "" }: Story): string {
  if (title !== "") return title;
  const cut = summary.lastIndexOf(" ", HEADLINE_CHARACTERS);
  return summary.length <= HEADLINE_CHARACTERS ? summary : `${summary.slice(0, cut > 0 ? cut : HEADLINE_CHARACTERS)}…`;
}

/** Characters of an excerpt, and of markup that are looked through for them. */
const EXCERPT_CHARACTERS = 320;
const EXCERPT_SCANNED_MAX = 8 * EXCERPT_CHARACTERS;

// A tag may be cut off by the limit above, within a quoted value too.
const TAG_OR_TEXT = /<(?:[^>"]|"[^"]*(?:"|$))*(?:>|$)|[^<]+/g;

/**
 * The first words of sanitized HTML, without its tags, cut between words. Still HTML (references stand as they were),
 * and safe, since nothing of it is a tag.
 */
export function excerptOf(contentHtml: SafeHtml): SafeHtml {
  const start = contentHtml.slice(0, EXCERPT_SCANNED_MAX);
  let text = "";
  for (const [part] of start.matchAll(TAG_OR_TEXT)) {
    text += part.startsWith("<") ? " " : part;
    if (text.length > 2 * EXCERPT_CHARACTERS) break;
  }
  text = text.replace(/\s+/g, " ").trim();
  const isCut = text.length > EXCERPT_CHARACTERS || start.length < contentHtml.length;
  const end = text.lastIndexOf(" ", EXCERPT_CHARACTERS);
  const words = isCut && end > 0 ? text.slice(0, end) : text.slice(0, EXCERPT_CHARACTERS);
  // A part of SafeHtml without its tags is SafeHtml; an ampersand cut off its reference would not be.
  return `${words.replace(/&[^;\s]*$/, "")}${isCut && words !== "" ? "…" : ""}` as SafeHtml;
}
