import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "../main.ts");
const STORIES = [
  "The mayor opens the old market hall",
  "A storm closes three schools",
  "The ferry strike ends at last",
];
const row = (title: string, days: number) =>
  `<li><h3><a href="news/${title.toLowerCase().replaceAll(" ", "-")}">${title}</a></h3><span>${days} days ago</span></li>`;
const list = (heading: string, from: number) =>
  `<section><h2>${heading}</h2><ul>${STORIES.map((title, index) => row(`${title} ${heading}`, from + index)).join("")}</ul></section>`;
const ARTICLE = `<html lang="en"><h1>What the council said</h1>${"<p>The council met on Tuesday to discuss the old bridge, and voted to keep it.</p>".repeat(9)}`;
const FEED = `<rss version="2.0"><channel><title>Town</title><item><title>One</title><link>https://town.example/1</link></item></channel></rss>`;

describe("storywire extract", () => {
  let folder: string;
  const path = (name: string) => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "storywire-test-"));
    writeFileSync(
      path("front.html"),
      `<html lang="en">${list("Town", 1)}${list("Harbour", 4)}<a rel="next" href="?page=2">2</a>`,
    );
    writeFileSync(path("article.html"), ARTICLE);
    writeFileSync(path("named.html"), `<link rel="alternate" type="application/rss+xml" href="/feed"><p>Hello</p>`);
    writeFileSync(path("feed.xml"), FEED);
    writeFileSync(
      path("latin.txt"),
      Buffer.from("Der Bürgermeister kommt\n\nEr kam am Dienstag nach Zürich.", "latin1"),
    );
    writeFileSync(path("deep.html"), "<div>".repeat(100_000));
    writeFileSync(path("angles.html"), "<".repeat(6_000_000));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Asks for each line's answer before the next line is sent. */
  async function ask(lines: readonly string[]): Promise<readonly Answer[]> {
    const child = spawn(process.execPath, [MAIN, "extract", "--jsonl"], { stdio: ["pipe", "pipe", "ignore"] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const told: Answer[] = [];
    for (const line of lines) {
      child.stdin.write(`${line}\n`);
      told.push(JSON.parse((await answers.next()).value ?? "null"));
    }
    child.stdin.end();
    await new Promise((resolve) => child.once("exit", resolve));
    return told;
  }
  interface Answer {
    readonly id: unknown;
    readonly error?: { readonly code: string; readonly message: string };
    readonly feed?: { readonly title?: string };
    readonly nextUrl?: string;
    readonly feedUrl?: string;
    readonly items: readonly {
      readonly kind: string;
      readonly title: string;
      readonly url?: string;
      readonly published?: string;
    }[];
  }
  const line = (id: string | number, rest: object) => JSON.stringify({ id, ...rest });

  it("answers each line as soon as it is known, whatever its keys", async () => {
    const base = {
      path: path("front.html"),
      documentUrl: "https://town.example/a/",
      capturedAt: "2024-05-09T12:00:00Z",
    };
    const answers = await ask([
      line("front", base),
      line("block", { ...base, heading: "Harbour" }),
      line(3, { path: path("article.html"), kind: "page" }),
      line("feed", { path: path("feed.xml"), contentType: "application/rss+xml" }),
      line("named", { path: path("named.html"), documentUrl: "https://town.example/" }),
      line("day", { ...base, capturedAt: "2024-06-09", kind: "listing" }),
      line("milliseconds", { ...base, capturedAt: Date.UTC(2024, 6, 9) }),
      line("latin", { path: path("latin.txt"), contentType: "text/plain; charset=iso-8859-1" }),
    ]);
    expect(answers.map((answer) => answer.id)).toEqual([
      "front",
      "block",
      3,
      "feed",
      "named",
      "day",
      "milliseconds",
      "latin",
    ]);
    expect(answers.map((answer) => answer.items?.length)).toEqual([6, 3, 1, 1, 0, 6, 6, 1]);
    const [front, block, article, feed, named, day, milliseconds, latin] = answers;
    expect(front?.nextUrl).toBe("https://town.example/a/?page=2");
    expect(front?.items[0]).toMatchObject({
      kind: "listed",
      url: "https://town.example/a/news/the-mayor-opens-the-old-market-hall-town",
      published: "2024-05-08",
    });
    expect(block?.items.every((item) => item.title.endsWith("Harbour"))).toBe(true);
    expect(article?.items[0]).toMatchObject({ kind: "article", title: "What the council said" });
    expect(feed).toMatchObject({ feed: { title: "Town" }, items: [{ kind: "entry", title: "One" }] });
    expect(named?.feedUrl).toBe("https://town.example/feed");
    expect([day?.items[0]?.published, milliseconds?.items[0]?.published]).toEqual(["2024-06-08", "2024-07-08"]);
    expect(latin?.items[0]?.title).toBe("Der Bürgermeister kommt");
  });

  it("answers wrong lines and documents that cannot be read with codes, and goes on", async () => {
    const answers = await ask([
      "{",
      "[]",
      line("both", { path: "a", url: "https://b.example/" }),
      line("none", {}),
      line("kind", { path: "a", kind: "podcast" }),
      line("date", { path: "a", capturedAt: "yesterday" }),
      line("base", { path: "a", documentUrl: "/news" }),
      line("missing", { path: path("missing.html") }),
      line("deep", { path: path("deep.html") }),
      line("angles", { path: path("angles.html") }),
      line("last", { path: path("article.html") }),
    ]);
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      [null, "bad_request"],
      [null, "bad_request"],
      ["both", "bad_request"],
      ["none", "bad_request"],
      ["kind", "bad_request"],
      ["date", "bad_request"],
      ["base", "bad_request"],
      ["missing", "file_missing"],
      ["deep", "too_deep"],
      ["angles", expect.stringMatching(/^parse_(?:crashed|memory)$/)],
      ["last", undefined],
    ]);
    expect(answers[5]?.error?.message).toContain('"capturedAt"');
  });
});
