import { describe, expect, it } from "vitest";
import { parseHtml } from "../html/tree.ts";
import { findFeedLink } from "./feed-link.ts";

const page = (head: string) =>
  parseHtml(`<!doctype html><html><head>${head}</head><body><a href="/x">x</a></body></html>`);

describe("findFeedLink", () => {
  it("takes the first feed that a page names, resolved against its base", () => {
    const html = page(
      `<base href="https://town.example/news/"><link rel="stylesheet" href="x.css"><link rel="alternate" type="application/rss+xml; charset=utf-8" href="feed.xml"><link rel="alternate" type="application/atom+xml" href="/atom">`,
    );
    expect(findFeedLink(html, "https://town.example/")).toBe("https://town.example/news/feed.xml");
  });

  it("leaves feeds of comments and other alternates alone", () => {
    const html = page(
      `<link rel="alternate" hreflang="de" href="/de"><link rel="alternate" type="application/rss+xml" title="Town » Comments Feed" href="/c"><link rel="alternate" type="application/rss+xml" href="javascript:x">`,
    );
    expect(findFeedLink(html, "https://town.example/")).toBeUndefined();
  });

  it("finds it below the head where an element that belongs in the body ended that", () => {
    const html = page(`<div>Loading</div><link rel="alternate" type="application/feed+json" href="/feed.json">`);
    expect(findFeedLink(html, "https://town.example/")).toBe("https://town.example/feed.json");
  });
});
