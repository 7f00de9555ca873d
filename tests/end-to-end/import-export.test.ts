import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDocument } from "../../src/render/check.ts";
import { startOrigin } from "../support/origin.ts";
import { createEmptyWorkplace, createWorkplace } from "../support/service.ts";

const FEED = `<rss version="2.0"><channel><title>Harbour</title><link>https://harbour.example/</link><description>Ships</description>${[1, 2, 3].map((number) => `<item><title>Ship ${number}</title><link>https://harbour.example/${number}</link><pubDate>Sun, 0${number} Mar 2026 10:00:00 GMT</pubDate></item>`).join("")}</channel></rss>`;

const OPML = `<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0" xmlns:frss="https://freshrss.org/opml"><head><title>Mine</title></head><body>
  <outline text="Sea">
    <outline text="The Harbour" type="rss" xmlUrl="https://harbour.example/feed" category="/Ships/Ferries"/>
    <outline text="The Harbour" type="rss" xmlUrl="https://other.example/feed"/>
    <outline text="Quay" type="HTML+XPath" xmlUrl="https://quay.example/news" frss:xPathItem="//li[@class='story']" frss:xPathItemTitle=".//h3" frss:xPathItemUid="md5(.)"/>
  </outline>
  <outline text="Known" xmlUrl="https://known.example/feed"/>
  <outline text="Nonsense" xmlUrl="gopher://old.example/"/>
</body></opml>`;

const known = {
  "config/sources/known.yaml":
    "- { id: known, url: https://known.example/feed, tags: [old] }\n- { id: quay, url: 'file:quay.html', kind: page }",
};

describe("storywire init", () => {
  it("leads from an empty folder to a valid feed of a new address in three commands and under a minute", async () => {
    const startedAt = performance.now();
    await using upstream = await startOrigin((request, response) => {
      if (request.url === "/feed") response.writeHead(200, { "content-type": "application/rss+xml" }).end(FEED);
      else response.writeHead(404).end();
    });
    using workplace = createEmptyWorkplace();
    expect(await workplace.run(["init", "--url", upstream.url("/feed")])).toMatchObject({ code: 0, stderr: "" });
    expect(await workplace.run(["check"])).toMatchObject({
      code: 0,
      stdout: "The configuration is right: 1 sources, 1 feeds.\n",
    });
    const service = await workplace.serve();
    await service.until(async () => (await (await service.get("/feeds/everything.rss")).text()).includes("Ship 3"));
    for (const format of ["rss", "atom", "json"] as const) {
      const findings = checkDocument(await (await service.get(`/feeds/everything.${format}`)).text(), format);
      expect(findings.filter(({ level }) => level !== "info")).toEqual([]);
    }
    expect(await service.end("SIGTERM")).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
  }, 60_000);

  it("writes what check finds right with no address too, and overwrites nothing", async () => {
    using workplace = createWorkplace({});
    const first = await workplace.run(["init", "deep/wire", "--json"]);
    expect(JSON.parse(first.stdout).written).toHaveLength(3);
    const places = ["--config", "deep/wire/config", "--feeds", "deep/wire/feeds"];
    expect((await workplace.run(["check", ...places])).code).toBe(0);
    workplace.write({ "deep/wire/config/storywire.yaml": "service: { title: Mine }" });
    const again = await workplace.run(["init", "deep/wire"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("file_exists");
    expect(readFileSync(join(workplace.folder, "deep/wire/config/storywire.yaml"), "utf8")).toContain("Mine");
  });
});

describe("storywire import opml", () => {
  it("writes sources that check finds right, and tells what it left out", async () => {
    using workplace = createWorkplace({ ...known, "My list.opml": OPML });
    const { code, stdout } = await workplace.run(["import", "opml", "My list.opml", "--json"]);
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    expect(told.imported).toEqual([
      { id: "the-harbour", url: "https://harbour.example/feed", lost: [] },
      { id: "the-harbour-2", url: "https://other.example/feed", lost: [] },
      { id: "quay-2", url: "https://quay.example/news", lost: ['frss:xPathItemUid "md5(.)"'] },
    ]);
    expect(told.skipped.map(({ url }: { url: string }) => url)).toEqual([
      "https://known.example/feed",
      "gopher://old.example/",
    ]);
    const written = readFileSync(join(workplace.folder, "config/sources/my-list.yaml"), "utf8");
    expect(written).toContain("tags:\n    - Sea\n    - Ships\n    - Ferries");
    expect(written).toContain(`items: li[class="story"]`);
    expect((await workplace.run(["check"])).stdout).toContain("5 sources");
    // A second time there is nothing new, and nothing is written.
    expect(await workplace.run(["import", "opml", "My list.opml"])).toMatchObject({ code: 1 });
    expect(readFileSync(join(workplace.folder, "config/sources/my-list.yaml"), "utf8")).toBe(written);
  });

  it("never overwrites a file of sources", async () => {
    using workplace = createWorkplace({ ...known, "config/sources/mine.yaml": "[]", "mine.opml": OPML });
    const { code, stderr } = await workplace.run(["import", "opml", "mine.opml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("file_exists");
    expect(readFileSync(join(workplace.folder, "config/sources/mine.yaml"), "utf8")).toBe("[]");
  });

  it.each([
    ["broken", "<opml><body><outline xmlUrl='https://a.example/'", "not_opml"],
    ["empty", "", "not_opml"],
    ["a feed", FEED, "not_opml"],
    ["without subscriptions", "<opml><body/></opml>", "no_subscriptions"],
  ])("refuses a file that is %s with one clear message", async (_what, text, errorCode) => {
    using workplace = createWorkplace({ ...known, "wrong.opml": text });
    const { code, stderr, stdout } = await workplace.run(["import", "opml", "wrong.opml"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^storywire: ${errorCode}: wrong\\.opml: [^\n]*\n$`));
    expect(readdirSync(join(workplace.folder, "config/sources")).toSorted()).toEqual([".keep", "known.yaml"]);
  });

  it("refuses a file that is not there", async () => {
    using workplace = createWorkplace(known);
    expect((await workplace.run(["import", "opml", "none.opml"])).code).toBe(2);
    expect(existsSync(join(workplace.folder, "config/sources/none.yaml"))).toBe(false);
  });
});

describe("storywire export", () => {
  it("opml gives what import takes back", async () => {
    using workplace = createWorkplace({ ...known, "mine.opml": OPML });
    await workplace.run(["import", "opml", "mine.opml"]);
    const { stdout } = await workplace.run(["export", "opml"]);
    expect(stdout.match(/xmlUrl="[^"]*"/g)).toEqual([
      'xmlUrl="https://known.example/feed"',
      'xmlUrl="https://harbour.example/feed"',
      'xmlUrl="https://other.example/feed"',
    ]);
    using other = createWorkplace({ "mine.opml": stdout });
    const { imported } = JSON.parse((await other.run(["import", "opml", "mine.opml", "--json"])).stdout);
    expect(imported.map(({ id }: { id: string }) => id)).toEqual(["known", "the-harbour", "the-harbour-2"]);
    expect(readFileSync(join(other.folder, "config/sources/mine.yaml"), "utf8")).toContain("- Ferries");
  });

  it("stories gives every story as a line of JSON", async () => {
    using workplace = createWorkplace({
      "config/sources/a.yaml": "- { id: harbour, url: 'file:feed.xml', documentUrl: 'https://harbour.example/feed' }",
      "feed.xml": `<rss version="2.0"><channel><title>Harbour</title>${Array.from({ length: 450 }, (_, number) => `<item><title>Ship ${number}</title><link>https://harbour.example/${number}</link></item>`).join("")}</channel></rss>`,
    });
    await workplace.run(["poll"]);
    const { code, stdout } = await workplace.run(["export", "stories"]);
    expect(code).toBe(0);
    const stories = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(stories).toHaveLength(450);
    expect(new Set(stories.map(({ title }) => title)).size).toBe(450);
    expect(stories[0]).toMatchObject({ sourceId: "harbour", kind: "entry", revision: 1 });
  });
});
