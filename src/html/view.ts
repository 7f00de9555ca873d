import type { SafeHtml } from "../model/html.ts";

/** Finished markup. Only html`` and `trusted` make one, so whatever is not a view was never checked and is escaped. */
export class View {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a placeholder. `false`, null and undefined write nothing, so that `condition && html…` reads well. */
export type Fragment = View | string | number | bigint | false | null | undefined | readonly Fragment[];

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const SPECIAL = /[&<>"']/g;
// What neither HTML (controls) nor XML 1.0 §2.2 (Char) permits in a document.
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]/g;

/**
 * Text that stands for itself between tags and in quoted attributes, of HTML and of XML alike: the five special
 * characters become references, forbidden characters go, lone surrogates become U+FFFD.
 */
export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, "")
    .replace(SPECIAL, (character) => REFERENCES[character] ?? "");
}

function write(fragment: Fragment): string {
  if (fragment instanceof View) return fragment.toString();
  if (fragment === false || fragment === null || fragment === undefined) return "";
  // Arrays are the only objects left; the cast tells TypeScript what Array.isArray cannot of a readonly array.
  if (Array.isArray(fragment)) return (fragment as readonly Fragment[]).map(write).join("");
  return escapeMarkup(String(fragment));
}

/**
 * Markup with values in it: html`<p title="${text}">${parts}</p>`. A string is escaped, a view passes as it is, an
 * array is its members one after another. Attributes must be quoted; addresses must be checked by the caller, since no
 * escaping makes `javascript:` safe.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Fragment[]): View {
  let markup = strings[0] ?? "";
  for (const [index, value] of values.entries()) markup += write(value) + (strings[index + 1] ?? "");
  return new View(markup);
}

/** Sanitized HTML as it is. The brand is the proof that html/sanitize.ts made it. */
export function trusted(markup: SafeHtml): View {
  return new View(markup);
}
