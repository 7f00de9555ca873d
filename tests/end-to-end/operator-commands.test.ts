import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { createEmptyWorkplace, createWorkplace } from "../support/service.ts";

const SCHEMAS = join(import.meta.dirname, "../../schemas");
const MAIN = join(import.meta.dirname, "../../src/main.ts");

const FILES = {
  "config/sources/town.yaml":
    "- { id: town, url: 'file:town.xml', tags: [local] }\n- { id: sea, url: 'file:nothing.xml' }",
  "feeds/top.yaml": "title: Top",
  "town.xml":
    '<rss version="2.0"><channel><title>Town</title><item><title>Bridge \u001b[31mopens</title><link>https://town.example/1</link></item></channel></rss>',
};

describe("storywire schema", () => {
  it("prints what editors are given, one kind or all", async () => {
    using workplace = createWorkplace({});
    for (const name of ["storywire", "source", "feed"]) {
      const { code, stdout } = await workplace.run(["schema", name]);
      expect(code).toBe(0);
      expect(stdout).toBe(readFileSync(join(SCHEMAS, `${name}.schema.json`), "utf8"));
    }
    const all = JSON.parse((await workplace.run(["schema", "--json"])).stdout);
    expect(Object.keys(all)).toEqual(["storywire", "source", "feed"]);
    expect((await workplace.run(["schema", "feeds"])).code).toBe(2);
  });
});

describe("storywire check", () => {
  it("refuses a selector that cannot be read, with its place", async () => {
    using workplace = createWorkplace({
      "config/sources/a.yaml": "id: a\nurl: https://news.example/\nlisting:\n  items: li.story\n  title: h3[",
    });
    const { code, stderr } = await workplace.run(["check"]);
    expect(code).toBe(2);
    expect(stderr).toContain('config/sources/a.yaml:5:10: listing.title is "h3["; wanted: a CSS selector');
  });
});

describe("storywire status", () => {
  it("tells the service at a glance, in plain text where no terminal is", async () => {
    using workplace = createWorkplace(FILES);
    expect((await workplace.run(["poll"])).code).toBe(1);
    const { code, stdout } = await workplace.run(["status"]);
    expect(code).toBe(1);
    expect(stdout).toContain("2 sources: 1 ok, 1 failing; 1 feed");
    for (const part of ["next visits", "newest stories", "database: ", "(1 stories)"]) expect(stdout).toContain(part);
    expect(stdout).toMatch(/town +ok +\d+ s ago +new/);
    expect(stdout).not.toContain("\u001b");
    const told = JSON.parse((await workplace.run(["status", "--json"])).stdout);
    expect(told).toMatchObject({
      counts: { ok: 1, failing: 1 },
      troubled: [{ id: "sea", lastPoll: { code: "file_missing" } }],
      newestStories: [{ source: "town" }],
      disk: {
        stories: 1,
        sources: [
          { id: "town", stories: 1 },
          { id: "sea", stories: 0 },
        ],
      },
    });
  });

  it("has colours where they are forced, and none where they are unwanted", async () => {
    using coloured = createWorkplace(FILES, { FORCE_COLOR: "1" });
    await coloured.run(["poll"]);
    expect((await coloured.run(["status"])).stdout).toContain("\u001b[32mok\u001b[39m");
    using plain = createWorkplace(FILES, { NO_COLOR: "1" });
    await plain.run(["poll"]);
    expect((await plain.run(["status"])).stdout).not.toContain("\u001b");
  });
});

describe("a command that cannot be done", () => {
  it.each([
    [["nonsense"], 2, /unknown command 'nonsense'/],
    [["status", "--nonsense"], 2, /unknown option '--nonsense'/],
    [["explain"], 2, /missing required argument 'story'/],
    [["poll", "twon"], 2, /unknown_source: .*SOURCE is twon; wanted: the id of a configured source, such as town/],
    [
      ["token", "top"],
      2,
      /unknown_feed: .*FEED is top; wanted: the slug of a feed with access: token \(there is none\)/,
    ],
    [["extract", "--time-zone", "Mars/Base", "town.xml"], 2, /wanted: an IANA time zone/],
    [["migrate", "--to", "nonsense"], 2, /--to; wanted: postgres:/],
    [["import", "opml", "town.xml"], 2, /not_opml/],
    [["status"], 1, /missing: .*no such file\n {2}storywire serve, or storywire poll, makes the database/],
    [["explain", "https://nowhere.example/"], 1, /missing|unknown_story/],
    [["backup", "copy.db"], 1, /missing/],
    [["restore", "nothing.db"], 1, /missing/],
    [["extract", "nothing.html"], 1, /file_missing/],
    [["check", "--feed", "nothing.xml"], 1, /file_missing/],
  ] as const)("%j ends with %d and one message", async (args, code, message) => {
    using workplace = createWorkplace(FILES);
    const told = await workplace.run(args);
    expect(told).toMatchObject({ code, stdout: "" });
    expect(told.stderr).toMatch(message);
    expect(told.stderr.trimEnd().split("\n").length).toBeLessThan(3);
    expect(told.stderr).not.toMatch(/\n +at /);
  });

  it("tells the same as JSON where that is asked for", async () => {
    using workplace = createWorkplace(FILES);
    for (const [args, code] of [
      [["nonsense", "--json"], "bad_usage"],
      [["status", "--json"], "missing"],
      [["poll", "twon", "--json"], "unknown_source"],
    ] as const)
      expect(JSON.parse((await workplace.run(args)).stdout)).toMatchObject({ error: { code } });
  });

  it("says how to begin where there is no configuration", async () => {
    using workplace = createEmptyWorkplace();
    const { code, stderr } = await workplace.run(["serve"]);
    expect(code).toBe(2);
    expect(stderr).toContain("storywire init writes a first one");
  });

  it("leaves a database that is damaged as it is, and says what to do", async () => {
    using workplace = createWorkplace({
      ...FILES,
      "data/storywire.db": "this is no database, and long enough to be read as one\n".repeat(50),
    });
    for (const args of [["status"], ["poll"], ["serve"], ["backup", "copy.db"]]) {
      const { code, stderr } = await workplace.run(args);
      expect([args, code]).toEqual([args, 1]);
      expect(stderr).toMatch(/corrupt: .*\n {2}nothing was changed: put a backup in its place/);
    }
    expect(readFileSync(join(workplace.folder, "data/storywire.db"), "utf8")).toContain("this is no database");
  }, 30_000);

  it("knows a database of an earlier version, and says what brings it up to date", async () => {
    using workplace = createWorkplace(FILES);
    await workplace.run(["poll"]);
    const database = openDatabase({ kind: "sqlite", path: join(workplace.folder, "data/storywire.db") });
    database.sqlite?.exec("drop table source_usage");
    await database.close();
    const { code, stderr } = await workplace.run(["status"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/older_schema: .*\n {2}storywire serve, or storywire poll, brings it up to date/);
  }, 30_000);

  it("ends where its address is taken, and names it", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const bound = other.address();
    const address = `127.0.0.1:${typeof bound === "object" ? bound?.port : 0}`;
    using workplace = createWorkplace(FILES, { STORYWIRE_LISTEN: address });
    const { code, stderr } = await workplace.run(["serve"]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`EADDRINUSE: address already in use ${address}\n  another program listens there`);
  }, 30_000);

  it("ends quietly when nobody reads its answer any more", async () => {
    using workplace = createWorkplace(FILES);
    await workplace.run(["poll"]);
    for (const args of ["status", "export stories", "schema", "help"]) {
      const child = spawn(
        "bash",
        [
          "-c",
          `set -o pipefail; '${process.execPath}' '${MAIN}' ${args} | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`,
        ],
        {
          cwd: workplace.folder,
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let told = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => void (told += String(data)));
      await new Promise((resolve) => child.once("close", resolve));
      expect([args, told.trim()]).toEqual([args, args === "status" ? expect.stringMatching(/^[01]$/) : "0"]);
    }
  }, 30_000);
});

it("the configuration may stand in other folders, and files that are empty mean nothing", async () => {
  using workplace = createEmptyWorkplace();
  workplace.write({ "etc/storywire.yaml": "", "etc/sources/a.yaml": "", "etc/feeds/top.yaml": "title: Top" });
  const args = ["--config", "etc", "--feeds", "etc/feeds"];
  expect((await workplace.run(["check", ...args])).stdout).toBe("The configuration is right: 0 sources, 1 feeds.\n");
  expect(await workplace.run(["poll", ...args])).toMatchObject({ code: 0 });
  writeFileSync(join(workplace.folder, "etc/feeds/top.yaml"), "");
  expect((await workplace.run(["check", ...args])).code).toBe(2);
});
