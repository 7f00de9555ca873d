import { zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { aSource, NOW, url } from "../../tests/support/stories.ts";
import type { FetchOutcome } from "../fetch/fetch.ts";
import { freshMemory, type SourceMemory } from "../model/poll.ts";
import { keepBody } from "./keep.ts";
import { digestOfRules, memoryUnderRules } from "./rules.ts";

describe("memoryUnderRules", () => {
  const source = aSource();
  const learnt: SourceMemory = {
    ...freshMemory,
    validators: { etag: '"a"' },
    bodyDigest: "b",
    rulesDigest: digestOfRules(source),
    kind: "listing",
    feedUrl: url("https://town-news.example/other"),
    moved: { to: "https://elsewhere.example/", times: 3 },
    facts: { title: "Town News", authors: [] },
    counts: [50, 50],
    suspectPolls: 2,
    gone: true,
  };

  it("is all that is known while the rules stay", () => {
    expect(memoryUnderRules(source, learnt)).toEqual({ memory: learnt, sameRules: true });
    const harmless = { ...source, title: "Another", tags: ["x"], headers: { cookie: "x" }, paused: true };
    expect(memoryUnderRules(harmless, learnt).sameRules).toBe(true);
  });

  it.each([
    { url: url("https://town-news.example/new") },
    { kind: "listing" as const },
    { timeZone: "Asia/Tokyo" },
    { listing: { items: "li", follow: false } },
  ])(
    "forgets under other rules (%o) what was learnt of the address and its documents, until one was read",
    (change) => {
      const { memory, sameRules } = memoryUnderRules({ ...source, ...change }, learnt);
      expect(sameRules).toBe(false);
      expect(memory).toEqual({ facts: { title: "Town News", authors: [] }, counts: [1], suspectPolls: 0, failures: 0 });
    },
  );

  it("reads an unchanged document again where only our reading changed, and keeps what was learnt", () => {
    const older = { ...learnt, rulesDigest: learnt.rulesDigest?.replace(/\d+$/, "0") ?? "" };
    const { validators: _v, bodyDigest: _b, rulesDigest: _r, ...lasting } = learnt;
    expect(memoryUnderRules(source, older)).toEqual({ memory: lasting, sameRules: false });
  });
});

describe("keepBody", () => {
  const body = Buffer.from("<rss/>".repeat(1_000));
  const outcome: Extract<FetchOutcome, { kind: "fetched" }> = {
    kind: "fetched",
    status: 200,
    finalUrl: url("https://town-news.example/feed"),
    headers: { "content-language": "en", date: "today" },
    redirects: [],
    wireBytes: 10,
    validators: {},
    contentType: "text/xml",
    body,
  };
  const at = NOW;

  it("keeps what came coded as it came, with what is needed to read it again", async () => {
    const coded = { encoding: "br", bytes: Buffer.from("coded") };
    expect(await keepBody({ ...outcome, coded }, { at, bytesMax: 100 })).toEqual({
      at,
      finalUrl: outcome.finalUrl,
      contentType: "text/xml",
      headers: { "content-language": "en" },
      ...coded,
    });
  });

  it("compresses what came plain", async () => {
    const kept = await keepBody(outcome, { at, bytesMax: 1_000 });
    expect(kept?.encoding).toBe("zstd");
    expect(zstdDecompressSync(kept?.bytes ?? new Uint8Array())).toEqual(body);
  });

  it("keeps nothing that is too large, nothing at all where nothing may be kept, and no part of a document", async () => {
    expect(await keepBody(outcome, { at, bytesMax: 20 })).toBeUndefined();
    expect(
      await keepBody({ ...outcome, coded: { encoding: "br", bytes: body } }, { at, bytesMax: 100 }),
    ).toBeUndefined();
    expect(await keepBody(outcome, { at, bytesMax: 0 })).toBeUndefined();
    expect(await keepBody({ ...outcome, deltaBase: true }, { at, bytesMax: 1_000 })).toBeUndefined();
  });
});
