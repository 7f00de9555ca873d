import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Coding, chooseCoding, chooseVariant, prefersPage, type Variant } from "./negotiate.ts";

const CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
const FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const READER =
  "application/rss+xml, application/rdf+xml;q=0.8, application/atom+xml;q=0.6, application/xml;q=0.4, text/xml;q=0.4";

describe("chooseVariant", () => {
  test.each<[string | undefined, Variant | undefined]>([
    [undefined, "rss"],
    ["", "rss"],
    ["*/*", "rss"],
    [CHROME, "html"],
    [FIREFOX, "html"],
    ["text/html", "html"],
    [READER, "rss"],
    ["application/atom+xml", "atom"],
    ["application/atom+xml, */*;q=0.1", "atom"],
    ["application/feed+json, application/rss+xml;q=0.9", "json"],
    ["application/json", "json"],
    ["application/rss+xml;q=0.5, application/atom+xml;q=0.5", "rss"],
    ["text/xml;q=0.9, application/xml;q=0.1", "rss"],
    ["APPLICATION/ATOM+XML ; Q=0.9 , text/html;q=0.8", "atom"],
    ["application/rss+xml;q=0, */*", "atom"],
    ["application/*;q=0.3, text/*;q=0.4", "html"],
    ["image/png", undefined],
    ["*/*;q=0", undefined],
    ["text/html;q=nonsense", undefined],
    [";;;,,,=", undefined],
  ])("answers Accept %j with %j", (accept, variant) => {
    expect(chooseVariant(accept)).toBe(variant);
  });

  test("gives a page to browsers and to nobody else", () => {
    expect([CHROME, FIREFOX].map(prefersPage)).toEqual([true, true]);
    expect([undefined, "*/*", READER, "application/json", "text/html;q=0.5, */*"].map(prefersPage)).toEqual(
      Array(5).fill(false),
    );
  });

  test("never chooses what is refused, and chooses what alone is wanted, in any order and spelling", () => {
    const types: Readonly<Record<Variant, string>> = {
      rss: "application/rss+xml",
      atom: "application/atom+xml",
      json: "application/feed+json",
      html: "text/html",
    };
    const weights = fc.record({ rss: fc.nat(1000), atom: fc.nat(1000), json: fc.nat(1000), html: fc.nat(1000) });
    fc.assert(
      fc.property(weights, fc.boolean(), (weight, isReversed) => {
        const members = (Object.keys(types) as Variant[]).map(
          (name) => `${types[name]};q=${(weight[name] / 1000).toFixed(3)}`,
        );
        const chosen = chooseVariant((isReversed ? members.reverse() : members).join(" , "));
        const best = Math.max(...Object.values(weight));
        if (best === 0) expect(chosen).toBeUndefined();
        else expect(weight[chosen as Variant]).toBe(best);
      }),
    );
  });
});

describe("chooseCoding", () => {
  test.each<[string | undefined, Coding | undefined]>([
    [undefined, "identity"],
    ["", "identity"],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["zstd", "zstd"],
    ["gzip, deflate, br, zstd", "gzip"],
    ["zstd, gzip;q=0.9", "zstd"],
    ["br", "identity"],
    ["*", "gzip"],
    ["gzip;q=0, *", "zstd"],
    ["gzip;q=0", "identity"],
    ["gzip;q=0.5, identity", "identity"],
    ["gzip;q=0.001", "gzip"],
    ["identity;q=0, gzip", "gzip"],
    ["identity;q=0", undefined],
    ["*;q=0", undefined],
    ["*;q=0, identity;q=0.1", "identity"],
    ["gzip;q=1.5", "identity"],
    ["GZIP", "gzip"],
  ])("answers Accept-Encoding %j with %j", (acceptEncoding, coding) => {
    expect(chooseCoding(acceptEncoding)).toBe(coding);
  });

  test("reads any text without failing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        chooseCoding(text);
        chooseVariant(text);
      }),
    );
  });
});
