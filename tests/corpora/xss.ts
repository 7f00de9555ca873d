/**
 * Adapter for ../shared/corpora/pages/sanitize.mjs: JSON lines {id, html} in, {id, html} out, through html/sanitize.ts.
 * Needs Debian's chromium: node ../shared/corpora/pages/sanitize.mjs --payloads ../shared/corpora/pages/xss.json
 *   --adapter "node tests/corpora/xss.ts"
 */
import { createInterface } from "node:readline";
import { sanitize } from "../../src/html/sanitize.ts";

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, html } = JSON.parse(line) as { id: number; html: string };
  process.stdout.write(`${JSON.stringify({ id, html: sanitize(html, { baseUrl: "https://page.example/a/b" }) })}\n`);
});
