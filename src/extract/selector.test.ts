import { expect, it } from "vitest";
import { isSelector } from "./selector.ts";

it.each(["main li.story", "h3 a[href]", "a[rel=next]", "article:has(> time)", "ul > li:not(:first-child), ol > li"])(
  "takes %s for a selector",
  (text) => expect(isSelector(text)).toBe(true),
);

it.each(["li.", "div > > a", "a[href", "p:nope", ":has(", "//div[@class]", "h1 }"])("refuses %s", (text) =>
  expect(isSelector(text)).toBe(false),
);
