import { STATUS_CODES } from "node:http";
import { html, type View } from "../../html/view.ts";
import type { Problem } from "../problem.ts";
import { type PageContext, renderPage } from "./layout.ts";

/** What people see of a problem. */
export function renderProblemPage(context: PageContext, { status, detail }: Problem): View {
  const title = STATUS_CODES[status] ?? "Error";
  return renderPage(context, {
    title,
    main: html`<header class="intro problem">
<p class="kicker">${status}</p>
<h1>${title}</h1>
<p class="lead" dir="auto">${detail}.</p>
<p><a href="${context.addresses.home()}">See all feeds</a></p>
</header>`,
  });
}
