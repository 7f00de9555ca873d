import { describe, expect, it } from "vitest";
import { resolveWebUrl, urlIdentity } from "./url.ts";

const identity = (url: string) => urlIdentity(resolveWebUrl(url)!);

describe("resolveWebUrl", () => {
  it.each([["javascript:alert(1)"], ["data:text/html,x"], ["file:///etc/passwd"], ["http://"], [""], ["//"]])(
    "refuses %s",
    (url) => {
      expect(resolveWebUrl(url, "https://a.example/b/")).toBeNull();
    },
  );

  it("resolves against the base and serializes as browsers do", () => {
    expect(resolveWebUrl(" ../c d ", "https://A.example:443/b/x")).toBe("https://a.example/c%20d");
  });
});

describe("urlIdentity", () => {
  it.each([
    ["https://news.example/a", "http://www.news.example:80/a/"],
    ["https://news.example/a", "https://NEWS.example/a?utm_source=x&utm_medium=y#top"],
    ["https://news.example/a", "https://m.news.example/a?fbclid=1"],
    ["https://news.example/a", "https://amp.news.example/a"],
    ["https://news.example/a", "https://news.example/a/amp/"],
    ["https://news.example/a", "https://news.example/amp/a"],
    ["https://news.example/a", "https://news.example/a?amp=1"],
    ["https://news.example/a/", "https://news.example/a/index.html"],
    ["https://news.example/a", "https://news.example/a;jsessionid=0A1B"],
    ["https://news.example/a", "https://news.example/a?sid=0123456789abcdef0123"],
    ["https://news.example/?a=1&b=2", "https://news.example/?b=2&a=1"],
  ])("%s is %s", (left, right) => {
    expect(identity(right)).toBe(identity(left));
  });

  it.each([
    ["https://news.example/a", "https://news.example/b"],
    ["https://news.example/?id=1", "https://news.example/?id=2"],
    ["https://m.example/a", "https://example.example/a"],
    ["https://news.example/?sid=1", "https://news.example/?sid=2"],
    ["https://news.example/A", "https://news.example/a"],
    ["https://app.example/#!/1", "https://app.example/#!/2"],
    ["https://news.example/?view=17", "https://news.example/"],
  ])("%s is not %s", (left, right) => {
    expect(identity(right)).not.toBe(identity(left));
  });
});
