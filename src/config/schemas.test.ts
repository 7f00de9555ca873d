import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedFiles } from "../../tests/support/generate.ts";

const top = join(import.meta.dirname, "../..");

test.each([...generatedFiles()])("%s is as the schemas say (else: npm run generate)", async (path, text) => {
  expect(await readFile(join(top, path), "utf8")).toBe(text);
});

test("every setting, source key and feed key is documented with what it means", () => {
  const page = generatedFiles().get("docs/configuration.md") ?? "";
  const undocumented = page.split("\n").filter((line) => /^\| `.*\|\s*\|$/.test(line));
  expect(page).toContain("| `limits.bodyBytes` | size | `16MiB` |");
  expect(undocumented).toEqual([]);
});
