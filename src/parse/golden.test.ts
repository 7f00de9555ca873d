import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { decode } from "../text/decode.ts";
import { parseFeed } from "./parse.ts";

const golden = new URL("../../tests/golden/parse/", import.meta.url).pathname;

/** Each document of tests/golden/parse with what it says in `expected/`; `vitest -u` writes what is missing. */
test.each(globSync("*.{xml,json}", { cwd: golden }).toSorted())("reads %s as it is meant", async (name) => {
  const { text } = decode(readFileSync(golden + name), { markup: "xml" });
  const parsed = parseFeed(text, {
    url: "https://gazette.example/feed.xml",
    timeZone: "Europe/Berlin",
    capturedAt: Date.UTC(2026, 0, 7),
  });
  const expected = `${golden}expected/${basename(name).replace(".", "-")}.json`;
  await expect(`${JSON.stringify(parsed, null, 2)}\n`).toMatchFileSnapshot(expected);
});
