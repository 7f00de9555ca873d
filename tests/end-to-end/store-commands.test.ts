import { existsSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const item = (number: number, title = `Story ${number}`) =>
  `<item><title>${title}</title><link>https://town.example/${number}</link><guid>https://town.example/${number}</guid><pubDate>Sun, 0${number} Mar 2026 10:00:00 GMT</pubDate><description>What happened on day ${number}.</description></item>`;
const rss = (...items: readonly string[]) =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>Town</title><link>https://town.example/</link><description>News</description>${items.join("")}</channel></rss>`;

const files = {
  "config/storywire.yaml": 'service: { baseUrl: "https://wire.example" }\npolling: { minimum: 1s }',
  "config/sources/town.yaml": `- { id: town, url: "file:town.xml", every: 1h, documentUrl: "https://town.example/feed" }
- { id: quiet, url: "file:missing.xml", every: 1h }`,
  "feeds/top.yaml": "title: Top",
  "feeds/sea.yaml": "title: Sea\nselect: { include: { title: harbour } }",
  "town.xml": rss(item(1), item(2), item(3)),
};

/** The one JSON answer of a command. */
async function answerOf(workplace: Workplace, ...args: readonly string[]) {
  const { code, stdout, stderr } = await workplace.run([...args, "--json"]);
  if (stdout === "") throw new Error(stderr);
  return { code, json: JSON.parse(stdout) };
}

describe("commands over a database", () => {
  let workplace: Workplace;
  beforeAll(async () => {
    workplace = createWorkplace(files);
    await workplace.run(["poll"]);
    workplace.write({ "town.xml": rss(item(1, "Story 1, corrected"), item(2), item(3)) });
    await workplace.run(["poll", "town"]);
  }, 60_000);
  afterAll(() => workplace[Symbol.dispose]());

  it("status tells how every source is doing, and exits with 1 where one fails", async () => {
    const { code, json } = await answerOf(workplace, "status");
    expect(code).toBe(1);
    expect(json.counts).toEqual({ ok: 1, failing: 1 });
    expect(json.sources.map((one: { id: string; state: string }) => [one.id, one.state])).toEqual([
      ["town", "ok"],
      ["quiet", "failing"],
    ]);
    expect(json.newestStories).toHaveLength(3);
    expect((await workplace.run(["status"])).stdout).toMatch(/town +ok .*\nquiet +failing/);
  });

  it("explain tells of a story who said what, what changed, and which feeds show it", async () => {
    const { code, json } = await answerOf(workplace, "explain", "http://www.town.example/1?utm_source=x");
    expect(code).toBe(0);
    const [story] = json.stories;
    expect(story).toMatchObject({ title: "Story 1, corrected", revision: 2, revisions: [{ changed: ["title"] }] });
    expect(story.sightings).toMatchObject([{ field: "published", rule: "first" }]);
    expect(story.feeds).toEqual([
      { slug: "sea", shown: false, rule: "the feed's patterns or languages leave it out" },
      { slug: "top", shown: true, rule: "its selection takes it" },
    ]);
    for (const name of [story.id, `urn:storywire:${story.id}`, `https://wire.example/stories/${story.id}`])
      expect((await answerOf(workplace, "explain", name)).json.stories[0].id).toBe(story.id);
    expect((await workplace.run(["explain", story.id])).stdout).toContain("Story 1, corrected");
  });

  it("explain tells of an address that yielded no story which visits there were", async () => {
    const { code, json } = await answerOf(workplace, "explain", "https://town.example/4711");
    expect(code).toBe(1);
    expect(json.sources).toEqual([]);
    expect((await workplace.run(["explain", "https://town.example/4711"])).stderr).toContain("unknown_story");
  });

  it("backup copies what a running service holds; restore waits for its end and keeps the old file", async () => {
    const service = await workplace.serve();
    const file = join(workplace.folder, "copy.db");
    expect(await answerOf(workplace, "backup", "copy.db")).toEqual({ code: 0, json: { backup: file } });
    expect((await workplace.run(["backup", "copy.db"])).stderr).toContain("file_exists");
    expect((await answerOf(workplace, "restore", "copy.db")).json.error.code).toBe("already_running");
    expect(await service.end("SIGTERM")).toBe(0);

    workplace.write({ "town.xml": rss(item(1), item(2), item(3), item(4)) });
    await workplace.run(["poll", "town"]);
    const restored = await answerOf(workplace, "restore", "copy.db");
    expect(restored).toMatchObject({ code: 0, json: { stories: 3 } });
    expect(existsSync(restored.json.kept)).toBe(true);
    expect((await answerOf(workplace, "status")).json.newestStories).toHaveLength(3);
  }, 60_000);

  it.each([
    ["a file that is no database", "config/storywire.yaml", "corrupt"],
    ["a file that is not there", "nowhere.db", "missing"],
    ["a cut file", "cut.db", "corrupt"],
  ])("restore refuses %s, and changes nothing", async (_name, file, code) => {
    await workplace.run(["backup", "cut.db"]);
    if (existsSync(join(workplace.folder, "cut.db"))) truncateSync(join(workplace.folder, "cut.db"), 50_000);
    const before = readdirSync(join(workplace.folder, "data"));
    expect(await answerOf(workplace, "restore", file)).toMatchObject({ code: 1, json: { error: { code } } });
    expect(readdirSync(join(workplace.folder, "data"))).toEqual(before);
  });

  it("answers wrong usage with 2", async () => {
    expect((await workplace.run(["migrate", "--to", "mysql://x"])).code).toBe(2);
    expect((await workplace.run(["explain"])).code).toBe(2);
  });
});

describe("migrate --to postgres://…", () => {
  let postgres: PostgresServer;
  let workplace: Workplace;
  beforeAll(async () => {
    postgres = await startPostgres();
    workplace = createWorkplace(files);
  }, 120_000);
  afterAll(async () => {
    workplace[Symbol.dispose]();
    await postgres[Symbol.asyncDispose]();
  });

  const paths = ["/feeds/top.rss", "/feeds/top.atom", "/feeds/top.json", "/feeds/sea.atom"];
  const documents = (service: Service) =>
    Promise.all(
      paths.map(async (path) => {
        const answer = await service.get(path, { "accept-encoding": "identity" });
        return [path, answer.headers.get("etag"), answer.headers.get("last-modified"), await answer.text()];
      }),
    );

  it("keeps ids, sequences, documents and validators, and is not done twice", async () => {
    await workplace.run(["poll", "town"]);
    workplace.write({ "town.xml": rss(item(1, "Story 1, corrected"), item(2), item(3)) });
    await workplace.run(["poll", "town"]);
    const before = await workplace.serve();
    const [story] = (await answerOf(workplace, "explain", "https://town.example/1")).json.stories;
    const shown = await documents(before);
    await before.end("SIGTERM");

    const url = await postgres.createDatabase();
    const migrated = await answerOf(workplace, "migrate", "--to", url);
    expect(migrated).toMatchObject({ code: 0, json: { migrated: { stories: 3, revisions: 1 } } });
    expect((await answerOf(workplace, "migrate", "--to", url)).json.error.code).toBe("not_empty");

    workplace.write({ "config/storywire.yaml": `${files["config/storywire.yaml"]}\ndatabase: ${url}` });
    const after = await workplace.serve();
    expect(await documents(after)).toEqual(shown);
    expect((await answerOf(workplace, "explain", story.id)).json.stories).toEqual([story]);
    workplace.write({ "town.xml": rss(item(1, "Story 1, corrected"), item(2), item(3), item(4)) });
    expect((await answerOf(workplace, "poll", "town")).json.polls[0].stories).toEqual({ seen: 4, new: 1, updated: 0 });
    await after.end("SIGTERM");
  }, 120_000);
});
