import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { FeedDocument } from "../model/feed.ts";
import { renderChecked } from "./render.ts";

const FOLDER = fileURLToPath(new URL("../../tests/golden/render", import.meta.url));
const SUFFIX = ".document.json";

describe.each(globSync(`${FOLDER}/*${SUFFIX}`).map((path) => basename(path, SUFFIX)))("the document %s", (name) => {
  // What stands there was written as a FeedDocument.
  const document = JSON.parse(readFileSync(`${FOLDER}/${name}${SUFFIX}`, "utf8")) as FeedDocument;

  it.each(["rss", "atom", "json"] as const)(
    "is written in %s as it was found good, and breaks no rule",
    async (format) => {
      const { text, faults, findings } = renderChecked(document, format);
      expect({ faults, findings }).toEqual({ faults: [], findings: [] });
      await expect(text).toMatchFileSnapshot(`${FOLDER}/${name}.${format}`);
    },
  );
});
