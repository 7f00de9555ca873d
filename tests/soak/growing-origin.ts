import { type Origin, startOrigin } from "../support/origin.ts";

/** Items in one document: more than come to be between two visits that brought them home. */
const WINDOW = 200;

/** A server whose feeds get longer with every visit, and which remembers what it told and was heard. */
export interface GrowingOrigin extends AsyncDisposable {
  readonly ids: readonly string[];
  urlOf(id: string): string;
  /** Addresses of all stories that a whole answer with status 200 told. */
  readonly told: ReadonlySet<string>;
  /** Answers begun so far. */
  readonly visits: number;
  /** From now on nothing new comes. */
  settle(): void;
}

/** `slowMs`: how long half of the answers take to begin. */
export async function startGrowingOrigin(sources: number, options: { slowMs?: number } = {}): Promise<GrowingOrigin> {
  const counts = new Map<string, number>();
  const told = new Set<string>();
  let visits = 0;
  let growing = true;

  const origin: Origin = await startOrigin((request, response) => {
    const id = /^\/(s\d+)\.xml$/.exec(request.url ?? "")?.[1];
    if (id === undefined) return void response.writeHead(404).end();
    visits += 1;
    const count = (counts.get(id) ?? 3) + (growing ? 1 + (visits % 3) : 0);
    counts.set(id, count);
    const etag = `"${id}-${count}"`;
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
    const numbers = Array.from({ length: Math.min(count, WINDOW) }, (_, index) => count - index);
    const answer = () =>
      response.writeHead(200, { "content-type": "application/rss+xml", etag }).end(documentOf(id, numbers), () => {
        for (const number of numbers) told.add(storyUrl(id, number));
      });
    if (visits % 2 === 0 && options.slowMs !== undefined) setTimeout(answer, options.slowMs);
    else answer();
  });
  return {
    ids: Array.from({ length: sources }, (_, index) => `s${index}`),
    urlOf: (id) => origin.url(`/${id}.xml`),
    told,
    get visits() {
      return visits;
    },
    settle() {
      growing = false;
    },
    [Symbol.asyncDispose]: () => origin[Symbol.asyncDispose](),
  };
}

const storyUrl = (id: string, number: number) => `https://${id}.example/stories/${number}`;

/** Every second story has no date of its own: what is first seen must stay what it was when it was first published. */
function documentOf(id: string, numbers: readonly number[]): string {
  const items = numbers.map((number) => {
    const at = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toUTCString();
    const date = number % 2 === 0 ? `<pubDate>${at}</pubDate>` : "";
    return `<item><title>Story ${number} of ${id}</title><link>${storyUrl(id, number)}</link>
      <guid isPermaLink="false">${id}:${number}</guid>${date}
      <description>What was told as number ${number} by ${id}, and why it matters to those who live there.</description></item>`;
  });
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>${id}</title><link>https://${id}.example/</link>
    <description>Grows</description>${items.join("\n")}</channel></rss>`;
}
