import { html, type View } from "../../html/view.ts";
import type { PageContext } from "./layout.ts";

/** Characters of a search that count, here and in a feed's address. */
export const WORDS_CHARACTERS_MAX = 200;

interface SearchFormParts {
  readonly words: string;
  /** Whether there are so many feeds that these are looked for by name too. */
  readonly findsFeeds?: boolean;
}

/** A field for words, and what to look for: stories, which answers a feed of what was found, or feeds by name. */
export function searchForm({ addresses }: PageContext, { words, findsFeeds = false }: SearchFormParts): View {
  return html`<form class="search" role="search" action="${addresses.prefix}/search.html" method="get">
<label for="q" class="unseen">Words to look for</label>
<input id="q" type="search" name="q" value="${words}" placeholder="${findsFeeds ? "Search stories and feeds" : "Search all stories"}" maxlength="${WORDS_CHARACTERS_MAX}" required dir="auto">
<button>${findsFeeds ? "Stories" : "Search"}</button>
${findsFeeds && html`<button formaction="${addresses.home()}">Feeds</button>`}
</form>`;
}
