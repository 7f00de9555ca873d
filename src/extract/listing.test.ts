import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ParseError } from "../errors.ts";
import { parseHtml } from "../html/tree.ts";
import type { DateInterval } from "../model/date.ts";
import { extractListings, type ListingSearch } from "./listing.ts";

const GOLDEN = new URL("../../tests/golden/listing/", import.meta.url);
const CAPTURED_AT = Date.parse("2024-05-09T10:30:00Z");

function list(html: string, url: string, search: ListingSearch = {}) {
  return extractListings(parseHtml(html), { url, timeZone: "UTC", capturedAt: CAPTURED_AT }, search);
}

function dayOf(date: DateInterval | undefined): string | undefined {
  return date && new Date(((date.from ?? date.to) + date.to) / 2).toISOString().slice(0, 10);
}

interface Expected {
  readonly url: string;
  readonly heading?: string;
  readonly nextUrl?: string;
  /** Title, address, day; then, where they matter, picture and author. */
  readonly items: readonly (readonly [string, string, string | null, (string | null)?, string?])[];
}

const names = readdirSync(fileURLToPath(GOLDEN))
  .filter((name) => name.endsWith(".html"))
  .map((name) => name.slice(0, -".html".length));

describe("extractListings", () => {
  it.each(names)("lists the stories of the golden page %s", (name) => {
    const html = readFileSync(new URL(`${name}.html`, GOLDEN), "utf8");
    // The cast is right: the golden files are ours.
    const expected = JSON.parse(readFileSync(new URL(`${name}.json`, GOLDEN), "utf8")) as Expected;
    const found = list(html, expected.url, { heading: expected.heading });
    expect(found.items.map((item) => [item.title, item.url, dayOf(item.published) ?? null])).toEqual(
      expected.items.map((item) => item.slice(0, 3)),
    );
    for (const [index, [, , , image, author]] of expected.items.entries()) {
      if (image) expect(found.items[index]?.images[0]).toMatchObject({ url: image, role: "lead" });
      if (author) expect(found.items[index]?.authors.map((one) => one.name)).toEqual([author]);
    }
    if (expected.nextUrl) expect(found.nextUrl).toBe(expected.nextUrl);
  });

  const CARDS = `<div class="list">${["red", "green", "blue"]
    .map(
      (colour, index) =>
        `<div class="row"><b class="head">The ${colour} door was open</b><span class="when">${index + 1} days ago</span>` +
        `<a class="more" href="/story/${colour}">More</a><i class="lede">Nobody knows why the ${colour} one.</i>` +
        `<img class="pic" src="/${colour}.png"></div>`,
    )
    .join("")}</div><a class="older" href="?page=2">→</a>`;
  const RULES = {
    follow: false,
    items: ".row",
    title: ".head",
    link: ".more",
    date: ".when",
    summary: ".lede",
    image: ".pic",
  };

  it("takes the parts that selectors name", () => {
    const found = list(CARDS, "https://doors.example/list", { selectors: { ...RULES, next: ".older" } });
    expect(found.items).toHaveLength(3);
    expect(found.items[1]).toMatchObject({
      kind: "listed",
      title: "The green door was open",
      url: "https://doors.example/story/green",
      summary: "Nobody knows why the green one.",
      images: [{ url: "https://doors.example/green.png", role: "lead" }],
      published: { precision: "relative", text: "2 days ago" },
    });
    expect(found.nextUrl).toBe("https://doors.example/list?page=2");
  });

  it("says which selector matched nothing, and which is none", () => {
    const codeOf = (selectors: object) => {
      try {
        list(CARDS, "https://doors.example/list", { selectors: { follow: false, ...selectors } });
        return "none";
      } catch (error) {
        return error instanceof ParseError ? `${error.code}: ${error.message}` : error;
      }
    };
    expect(codeOf({ items: ".rows" })).toMatch(/^selector_matched_nothing: .*"\.rows"/);
    expect(codeOf({ ...RULES, title: "h9" })).toMatch(/^selector_matched_nothing: .*"h9"/);
    expect(codeOf({ items: "div[" })).toMatch(/^bad_selector/);
    expect(codeOf(RULES)).toBe("none");
  });

  it("finds nothing on a page without stories", () => {
    const menu = `<nav><a href="/a">Home</a><a href="/b">About us and our work</a></nav><p>Hello <a href="/c">you</a>.</p>`;
    expect(list(menu, "https://empty.example/").blocks).toEqual([]);
    expect(list("", "https://empty.example/").items).toEqual([]);
    expect(list(CARDS, "https://doors.example/", { heading: "No such heading" }).items).toEqual([]);
  });

  it("keeps titles plain and addresses http", () => {
    const cards = [1, 2, 3, 4]
      .map(
        (n) =>
          `<li><a href="${n === 2 ? "javascript:alert(1)//a-long-story-name" : `/story-number-${n}-of-four`}"><h3>Story number &lt;b&gt;${n}&lt;/b&gt; of four</h3><img src="data:image/png;base64,AAAA"></a></li>`,
      )
      .join("");
    const { items } = list(`<ul>${cards}</ul>`, "https://plain.example/");
    expect(items.map((item) => item.title)).toEqual([1, 3, 4].map((n) => `Story number <b>${n}</b> of four`));
    expect(items.every((item) => item.url?.startsWith("https://plain.example/") && item.images.length === 0)).toBe(
      true,
    );
  });

  it("gives each story once and the block its heading", () => {
    const NAMES = ["", "Ada", "Ben", "Cleo", "Dan"];
    const card = (n: number, tail: string) =>
      `<div class="c"><a href="/a-story-of-number-${n}${tail}"><img src="/${n}.jpg"></a><a href="/a-story-of-number-${n}${tail}?utm_source=x">${NAMES[n]} went to sea in a boat</a></div>`;
    const html = `<h2>Latest</h2><div>${[1, 2, 3].map((n) => card(n, "")).join("")}</div><h2>Most read</h2><div>${[3, 2, 4].map((n) => card(n, "#top")).join("")}</div>`;
    const found = list(html, "https://once.example/");
    expect(found.items.map((item) => item.title)).toEqual([1, 2, 3, 4].map((n) => `${NAMES[n]} went to sea in a boat`));
    expect(found.blocks[0]?.heading).toBe("Latest");
    expect(found.items[0]?.url).toBe("https://once.example/a-story-of-number-1");
  });

  it("takes entries within an entry of an h-feed as replies to it, and at most a thousand entries", () => {
    const entry = (n: number, inside = "") =>
      `<div class="h-entry"><a class="u-url p-name" href="/note/${n}">Note ${n} about the harbour</a>${inside}</div>`;
    const replied = `<div class="h-feed">${entry(1, entry(11))}${entry(2)}</div>`;
    expect(list(replied, "https://notes.example/").items.map((item) => item.url)).toEqual([
      "https://notes.example/note/1",
      "https://notes.example/note/2",
    ]);
    const many = `<div class="h-feed">${Array.from({ length: 1500 }, (_, n) => entry(n)).join("")}</div>`;
    expect(list(many, "https://notes.example/").items).toHaveLength(1000);
  });

  it.each([
    [
      "a named heading in a deep nest of links to sections",
      `${"<div>".repeat(1300)}${"<h2>More</h2>".repeat(20)}${"</div>".repeat(1300)}${Array.from({ length: 25_000 }, (_, n) => `<a href="/tag/${n}">t${n}</a>`).join("")}`,
    ],
    [
      "entries of an h-feed in one another",
      `<div class="h-feed">${'<div class="h-entry"><a class="u-url" href="/note/a">A note about the harbour</a>'.repeat(1300)}`,
    ],
    [
      "a paragraph of links",
      `<p>${Array.from({ length: 20_000 }, (_, n) => `words <a href="/story-${n}-of-the-harbour">Story ${n} of the long harbour</a> `).join("")}`,
    ],
    [
      "many small cards",
      `<ul>${'<li><a href="/some-story-about-things-12345">A story about some things</a> <span>2 days ago</span></li>'.repeat(3000)}</ul>`,
    ],
    ["one endless line", `<p>${"word ".repeat(500_000)}<a href="/x-y-z-w">A story about some things</a></p>`],
    [
      "a long text in a deep nest",
      `${"<div>".repeat(500)}<a href="/some-story-about-things">${"<span>x ".repeat(400)}${"word ".repeat(200_000)}</a>`,
    ],
    ["a deep nest", `${"<div>".repeat(1200)}<a href="/some-story-about-things">A story about some things</a>`],
    ["links in a deep nest", '<div><a href="/some-story-about-things">A story about some things</a>'.repeat(1000)],
    [
      "a page of numbers",
      `<div>${'<span class="date">1 1 1 1</span><a href="/a-b-c-d">12:12:12 1/1/1 may 3 2 1</a>'.repeat(3000)}</div>`,
    ],
  ])("answers %s within five seconds", (_name, html) => {
    // Time of the processor: a busy machine must not fail this.
    const started = process.cpuUsage().user;
    list(html, "https://large.example/");
    list(html, "https://large.example/", { heading: "More" });
    expect((process.cpuUsage().user - started) / 1000).toBeLessThan(5000);
  });
});
