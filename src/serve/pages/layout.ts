import { html, type View } from "../../html/view.ts";
import type { Addresses } from "../addresses.ts";
import type { Wire } from "../wire.ts";
import type { Assets } from "./assets.ts";

/** What every page needs to know of the service. */
export interface PageContext {
  readonly site: Wire["site"];
  readonly addresses: Addresses;
  readonly assets: Assets;
}

export interface PageParts {
  /** Plain text; the site's title is added. */
  readonly title: string;
  readonly description?: string | undefined;
  /** `link` elements. */
  readonly links?: View;
  /** Whether search engines should leave the page out. */
  readonly isUnlisted?: boolean;
  /** Whether the page has something for the script to do. */
  readonly isScripted?: boolean;
  readonly main: View;
}

// BCP 47 in outline: what is no language tag would mislead a screen reader.
const LANGUAGE = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,8}$/;

const LETTER = /\p{L}/u;
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** The direction of a text, from its first letter (Unicode UAX #9, P2). Texts are short; blocks take that of their title. */
function directionOf(text: string): "ltr" | "rtl" {
  const letter = LETTER.exec(text)?.[0] ?? "";
  return RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
}

/** The lang attribute for text that is in a language of its own; nothing where it is no language tag. */
function languageAttribute(language: string | undefined): View | false {
  return language !== undefined && LANGUAGE.test(language) && html` lang="${language}"`;
}

/** Attributes for text that may be in another language than the page: its direction and, where known, its language. */
export function textAttributes(language: string | undefined): View {
  return html`dir="auto"${languageAttribute(language)}`;
}

/**
 * Attributes for a block that holds a text with what belongs to it, so that all of it stands on the text's own side.
 * (`dir="auto"` would look past every child that has a direction of its own.)
 */
export function blockAttributes(text: string, language?: string): View {
  return html`dir="${directionOf(text)}"${languageAttribute(language)}`;
}

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** An instant (milliseconds since 1970 UTC) to the minute. */
export function timeElement(at: number): View {
  return html`<time datetime="${new Date(at).toISOString()}">${MINUTE.format(at)} UTC</time>`;
}

/** A day (`YYYY-MM-DD`), whatever the zone it is meant in. */
export function dayElement(day: string): View {
  return html`<time datetime="${day}">${DAY.format(Date.parse(day))}</time>`;
}

/** `3 stories`, `1 story`. */
export function countOf(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}

/** Facts in our words side by side; they keep their direction in a line from right to left. */
export function factsView(facts: readonly (View | false)[]): View {
  const told = facts.filter((fact) => fact !== false);
  return html`${told.map((fact, index) => html`${index > 0 && html`<span class="dot"> · </span>`}<span dir="ltr">${fact}</span>`)}`;
}

/** A whole page: head, the site's name as the way home, `main`, footer. */
export function renderPage({ site, addresses, assets }: PageContext, parts: PageParts): View {
  const asset = (name: string) => `${addresses.prefix}/assets/${name}`;
  const title = parts.title === site.title ? site.title : `${parts.title} – ${site.title}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${parts.description && html`<meta name="description" content="${parts.description}">`}
${parts.isUnlisted && html`<meta name="robots" content="noindex">\n`}<link rel="stylesheet" href="${asset(assets.style.name)}">
<link rel="icon" type="image/svg+xml" href="${asset(assets.icon.name)}">
${parts.links}${parts.isScripted && html`<script src="${asset(assets.script.name)}" type="module"></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="masthead"><div class="column">
<a class="brand" href="${addresses.home()}" dir="auto"><svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><path d="M5 8h22M5 16h22M5 24h13"/><circle cx="25" cy="24" r="2.6"/></svg>${site.title}</a>
<nav class="site" aria-label="Site"><a href="${addresses.home()}">All feeds</a> <a href="${addresses.opml()}" title="All feeds in one file, for import into a reader">OPML</a></nav>
</div></header>
<main id="main" class="column">
${parts.main}
</main>
<footer class="colophon"><div class="column"><p>Stories belong to their publishers. Published with Storywire.</p></div></footer>
</body>
</html>
`;
}
