import { globSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { extractDocument } from "./extract.ts";

/** Each page beside the items that must come out of it. UPDATE_GOLDEN=1 writes what comes out now: read it before you keep it. */
const folder = "tests/golden/article";
const capturedAt = Date.UTC(2026, 1, 5, 12);

describe("extractDocument on golden pages", () => {
  test.each(globSync(`${folder}/*.{html,txt}`).toSorted())("%s", (path) => {
    const contentType = path.endsWith(".txt") ? "text/plain" : "text/html";
    const context = { url: "https://paper.example/news/page", contentType, timeZone: "UTC", capturedAt };
    const { format, feed, items } = extractDocument(readFileSync(path, "utf8"), context, { kind: "auto", more: true });
    const actual = JSON.parse(JSON.stringify({ format, feed, items })) as unknown;
    const expectedPath = path.replace(/\.\w+$/, ".json");
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(expectedPath, `${JSON.stringify(actual, null, 2)}\n`);
    expect(actual).toEqual(JSON.parse(readFileSync(expectedPath, "utf8")));
  });
});
