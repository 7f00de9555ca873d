import { once } from "node:events";
import { html } from "../html/view.ts";
import type { Source } from "../model/source.ts";
import { storyJson } from "../model/story-json.ts";
import { openStore } from "../store/sql-store.ts";
import { jsonLine } from "./json-line.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { createProgress } from "./terminal.ts";

/** Stories read at one time. */
const STORIES_AT_ONCE = 200;

/** The sources that other programs can subscribe to, as OPML 2.0: feeds on the web, their tags as categories. */
export async function exportOpml(options: GlobalOptions): Promise<ExitCode> {
  const { settings, sources } = await configurationOf(options);
  if (options.json) {
    const told = sources
      .filter(isFeedOnTheWeb)
      .map(({ id, title, url, tags }) => ({ id, title: title ?? id, url, tags }));
    process.stdout.write(`${JSON.stringify({ sources: told })}\n`);
    return 0;
  }
  const outlines = sources.filter(isFeedOnTheWeb).map(outlineOf);
  process.stdout.write(
    html`<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>${settings.service.title}: sources</title>
    <docs>http://opml.org/spec2.opml</docs>
  </head>
  <body>
${outlines}  </body>
</opml>
`.toString(),
  );
  return 0;
}

/** What a reader cannot poll is no subscription: pages and files. */
function isFeedOnTheWeb({ kind, url }: Source): boolean {
  return (kind === "feed" || kind === "auto") && /^https?:/.test(url);
}

function outlineOf({ id, title = id, url, tags }: Source) {
  const category = tags.map((tag) => tag.replaceAll(",", " ")).join(",");
  return html`    <outline type="rss" text="${title}" title="${title}" xmlUrl="${url}"${category === "" ? "" : html` category="${category}"`}/>\n`;
}

/** Every story that stands, oldest first, as one JSON object a line: no more of them in memory than are being written. */
export async function exportStories(options: GlobalOptions): Promise<ExitCode> {
  const { settings } = await configurationOf(options);
  await using store = openStore(settings.database, { readOnly: true });
  const counted = (await store.sourceUsage()).reduce((sum, one) => sum + one.stories, 0);
  // On a terminal the stories themselves show how far it is.
  using progress = createProgress("stories", counted || undefined, !process.stdout.isTTY);
  let exported = 0;
  let open = true;
  // Whoever reads may stop (`| head`): that is no failure.
  process.stdout.on("error", () => {
    open = false;
    process.stdout.emit("drain");
  });
  for (let after = 0, done = false; open && !done; ) {
    const scan = await store.scanStories(after, STORIES_AT_ONCE);
    const lines = scan.stories.map((story) => `${jsonLine(storyJson(story))}\n`).join("");
    if (lines !== "" && !process.stdout.write(lines)) await once(process.stdout, "drain");
    ({ after, done } = scan);
    exported += scan.stories.length;
    progress.at(exported);
  }
  return 0;
}
