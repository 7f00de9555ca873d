import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PollRecord } from "../../src/model/poll.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Workplace } from "../support/service.ts";

const paragraph = (part: number, index: number) =>
  `<p>Part ${part}, paragraph ${index}: the walkers went on along the river, as they had said they would, and met nobody but a heron.</p>`;
const address = (part: number) => (part === 1 ? "/walk" : `/walk/${part}`);
const page = (part: number, parts: number) => {
  const pager = Array.from(
    { length: parts },
    (_, index) => `<li><a href="${address(index + 1)}">${index + 1}</a></li>`,
  );
  const next = part < parts ? `<a rel="next" href="${address(part + 1)}">Next page</a>` : "";
  return `<!doctype html><html lang="en"><head><title>A long walk${part > 1 ? ` - page ${part}` : ""}</title>
<meta property="og:type" content="article"><meta property="article:published_time" content="2026-02-03T10:00:00Z"></head>
<body><article><h1>A long walk</h1><p class="dek">Four went out along the river, and came back by train.</p>
${[1, 2, 3, 4].map((index) => paragraph(part, index)).join("")}<ul class="pager">${pager.join("")}</ul>${next}</article></body></html>`;
};

describe("an article in several parts", () => {
  let upstream: Origin;
  let workplace: Workplace;
  /** Parts that are told, and those that fail. */
  let parts = 3;
  let failing: readonly number[] = [];
  let edition = "";

  beforeEach(async () => {
    parts = 3;
    failing = [];
    edition = "";
    upstream = await startOrigin((request, response) => {
      const [, number] = /^\/walk(?:\/(\d+))?$/.exec(request.url ?? "") ?? [];
      const part = Number(number ?? 1);
      const isThere = request.url?.startsWith("/walk") === true && part <= parts && !failing.includes(part);
      response.writeHead(isThere ? 200 : 404, { "content-type": "text/html", etag: `"${part}${edition}"` });
      response.end(isThere ? page(part, parts).replace("<ul", `${edition}<ul`) : "");
    });
    workplace = createWorkplace({
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000, inFlight: 8 } }",
      "feeds/top.yaml": "title: Top",
      "config/sources/walk.yaml": `- { id: walk, url: "${upstream.url("/walk")}", kind: page, every: 1h }`,
    });
  });
  afterEach(async () => {
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  const visited = () => upstream.requests.map(({ url }) => url).filter((path) => path?.startsWith("/walk"));
  async function poll(): Promise<PollRecord> {
    const { stdout } = await workplace.run(["poll", "walk", "--json"]);
    return JSON.parse(stdout).polls[0];
  }
  async function contents(): Promise<string> {
    const { stdout } = await workplace.run(["export", "stories", "--json"]);
    return stdout;
  }
  const partsIn = (text: string) =>
    Array.from({ length: 12 }, (_, index) => index + 1).filter((part) => text.includes(`Part ${part}, paragraph 4`));

  it("is stored whole, with title and standfirst said once", async () => {
    expect(await poll()).toMatchObject({ outcome: "new", stories: { seen: 1, new: 1 } });
    expect(visited()).toEqual(["/walk", "/walk/2", "/walk/3"]);
    const text = await contents();
    expect(partsIn(text)).toEqual([1, 2, 3]);
    expect(text.split("Four went out along the river").length - 1).toBeLessThanOrEqual(2);
    expect(text).not.toContain("Next page");
  });

  it("is not fetched again part by part while its first page says what it said", async () => {
    await poll();
    edition = "<!-- printed again -->";
    expect(await poll()).toMatchObject({ outcome: "unchanged" });
    expect(visited()).toHaveLength(4);
  });

  it("keeps what was read where a part fails, tells it, and is completed by a later visit", async () => {
    failing = [3];
    const first = await poll();
    expect(first).toMatchObject({ outcome: "new", faults: [{ code: "not_found", item: 0 }] });
    expect(partsIn(await contents())).toEqual([1, 2]);
    failing = [];
    expect(await poll()).toMatchObject({ stories: { seen: 1, new: 0, updated: 1 } });
    expect(partsIn(await contents())).toEqual([1, 2, 3]);
  });

  it("loses nothing when a part fails that was read before", async () => {
    await poll();
    failing = [2];
    edition =
      "<p>The walkers thank the heron, who has asked not to be named in this or any other paper of the valley.</p>";
    expect(await poll()).toMatchObject({ faults: [{ code: "not_found" }] });
    expect(partsIn(await contents())).toEqual([1, 2, 3]);
  });

  it("is read to a bound", async () => {
    parts = 40;
    await poll();
    expect(visited()).toHaveLength(10);
    expect(partsIn(await contents())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("is extracted whole by its address", async () => {
    parts = 2;
    const { stdout } = await workplace.run(["extract", upstream.url("/walk"), "--kind", "page"]);
    const answer = JSON.parse(stdout);
    expect(partsIn(answer.items[0].contentHtml)).toEqual([1, 2]);
    expect(answer.nextUrl).toBeUndefined();
    failing = [2];
    const lacking = JSON.parse((await workplace.run(["extract", upstream.url("/walk"), "--kind", "page"])).stdout);
    expect(partsIn(lacking.items[0].contentHtml)).toEqual([1]);
    expect(lacking.faults).toMatchObject([{ code: "not_found" }]);
  });
});
