import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Parser from "rss-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const SEED = join(import.meta.dirname, "../../../shared/seed");
const DRESSES = ["article.txt", "semantic.html", "divs.html"] as const;
const isThere = existsSync(SEED);
if (!isThere) console.warn("skipped: ../shared/seed is not here, so the founding page is not tried");

interface Expected {
  readonly capturedAt: string;
  readonly article: { readonly title: string; readonly updated: string };
  readonly moreStories: readonly { readonly title: string; readonly date: string; readonly path: string }[];
}

describe.runIf(isThere)("the founding page, served from files", () => {
  let workplace: Workplace;
  let service: Service;
  let expected: Expected;

  beforeAll(async () => {
    expected = JSON.parse(readFileSync(join(SEED, "expected.json"), "utf8"));
    const sources = DRESSES.map(
      (file, index) =>
        `- { id: dress-${index}, url: "file:pages/${file}", every: 5m, capturedAt: "${expected.capturedAt}", documentUrl: "https://news.example/page-${index}" }`,
    );
    const feeds = DRESSES.map((_file, index) => [
      `feeds/dress-${index}.yaml`,
      `title: Dress ${index}\nselect: { sources: [dress-${index}] }\n`,
    ]);
    workplace = createWorkplace(
      { "config/sources/founding.yaml": sources.join("\n"), "pages/.keep": "", ...Object.fromEntries(feeds) },
      { STORYWIRE_BASE_URL: "https://wire.example" },
    );
    for (const file of DRESSES) copyFileSync(join(SEED, file), join(workplace.folder, "pages", file));
    service = await workplace.serve();
    await service.ready();
    await service.until(async () => (await document("dress-2", "json")).items.length === 11);
  }, 60_000);
  afterAll(() => workplace[Symbol.dispose]());

  interface JsonFeed {
    readonly items: readonly {
      readonly id: string;
      readonly title: string;
      readonly url: string;
      readonly date_published: string;
      readonly date_modified?: string;
    }[];
  }
  const document = async (slug: string, format: string): Promise<JsonFeed> =>
    (await service.get(`/feeds/${slug}.${format}`)).json() as Promise<JsonFeed>;
  const day = (text: string | undefined) => new Date(text ?? "").toISOString().slice(0, 10);

  it.each(DRESSES.map((file, index) => [file, index] as const))(
    "gives the article and its ten stories of %s in date order, in every format",
    async (_file, index) => {
      const wanted = [
        ...expected.moreStories.map(({ title, date }) => [title, date]),
        [expected.article.title, index === 1 ? "2025-08-25" : expected.article.updated],
      ];
      const json = await document(`dress-${index}`, "json");
      expect(json.items.map((item) => [item.title, day(item.date_published)])).toEqual(wanted);
      for (const format of ["rss", "atom"]) {
        const text = await (await service.get(`/feeds/dress-${index}.${format}`)).text();
        const parsed = await new Parser<object, { id?: string }>().parseString(text);
        expect(parsed.items.map((item) => [item.title, day(item.isoDate)])).toEqual(wanted);
        expect(parsed.items.map((item) => item.guid ?? item.id)).toEqual(json.items.map((item) => item.id));
        expect(parsed.items.map((item) => item.link)).toEqual(json.items.map((item) => item.url));
      }
      expect(new Set(json.items.map((item) => item.id)).size).toBe(11);
      if (index > 0) {
        expect(json.items.slice(0, 10).map((item) => new URL(item.url).pathname)).toEqual(
          expected.moreStories.map((story) => story.path),
        );
      }
    },
  );

  it("answers the same bytes and validators after a second poll, after kill -9, and after a restart", async () => {
    const paths = DRESSES.flatMap((_file, index) =>
      ["rss", "atom", "json"].map((format) => `/feeds/dress-${index}.${format}`),
    );
    const readAll = () =>
      Promise.all(
        paths.map(async (path) => {
          const response = await service.get(path);
          return [
            path,
            response.status,
            response.headers.get("etag"),
            response.headers.get("last-modified"),
            await response.text(),
          ];
        }),
      );
    const before = await readAll();
    const polled = await workplace.run(["poll", "--all", "--json"]);
    expect(JSON.parse(polled.stdout).polls.map((poll: { outcome: string }) => poll.outcome)).toEqual([
      "not_modified",
      "not_modified",
      "not_modified",
    ]);
    expect(await readAll()).toEqual(before);
    await service.end("SIGKILL");
    service = await workplace.serve();
    await service.ready();
    expect(await readAll()).toEqual(before);
    expect(await service.end("SIGTERM")).toBe(0);
  }, 60_000);
});
