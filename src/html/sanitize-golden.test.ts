import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sanitize } from "./sanitize.ts";

const folder = new URL("../../tests/golden/sanitize/", import.meta.url).pathname;
const cases = globSync("*.html", { cwd: folder })
  .toSorted()
  .flatMap((name) => (["feed", "page"] as const).map((profile) => ({ name, profile })));

/** Each text of tests/golden/sanitize with what is left of it in `expected/`; `vitest -u` writes what is missing. */
test.each(cases)("leaves of $name what a $profile may hold", async ({ name, profile }) => {
  const html = readFileSync(folder + name, "utf8");
  const left = sanitize(html, { baseUrl: "https://gazette.example/stories/1.html", profile });
  await expect(`${left}\n`).toMatchFileSnapshot(`${folder}expected/${name.replace(/html$/, `${profile}.html`)}`);
});
