import { STATUS_CODES } from "node:http";
import { html, type View } from "../../html/view.ts";
import type { Problem } from "../problem.ts";
import { type PageContext, renderPage } from "./layout.ts";
import { searchForm } from "./search-form.ts";

/** What a status means to people, and what they can do about it. */
interface Words {
  readonly title: string;
  readonly advice?: string;
  /** Whether a search may lead to what was looked for. */
  readonly hasSearch?: boolean;
}

const WORDS: Readonly<Record<number, Words>> = {
  400: { title: "That cannot be read", advice: "Please look the address over.", hasSearch: true },
  404: {
    title: "Nothing here",
    advice: "The address may be mistyped or out of date. All feeds are in the catalogue; stories can be searched.",
    hasSearch: true,
  },
  410: {
    title: "This feed has ended",
    advice: "Whoever runs this service deleted it. Readers may unsubscribe; other feeds are in the catalogue.",
    hasSearch: true,
  },
  429: { title: "Too many requests" },
  500: { title: "Something failed", advice: "It is not your fault. Please try again later." },
  503: { title: "Not ready yet" },
};

/** When to come back, where the problem says so. */
function retryView({ headers }: Problem): View | false {
  const seconds = Number(headers["Retry-After"]);
  return seconds > 0 && html`<p>Please try again in ${seconds} seconds.</p>`;
}

/** What people see of a problem. */
export function renderProblemPage(context: PageContext, problem: Problem): View {
  const { status, detail } = problem;
  const { title, advice, hasSearch = false }: Words = WORDS[status] ?? { title: STATUS_CODES[status] ?? "Error" };
  return renderPage(context, {
    title,
    main: html`<header class="intro problem">
<p class="kicker">${status}</p>
<h1>${title}</h1>
<p class="lead" dir="auto">${detail}.</p>
${advice !== undefined && html`<p>${advice}</p>`}
${retryView(problem)}
${hasSearch && searchForm(context, { words: "" })}
<p class="onward"><a href="${context.addresses.home()}">See all feeds</a></p>
</header>`,
  });
}
