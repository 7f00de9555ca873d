/**
 * Adapter for ../shared/corpora/pages/sanitize.mjs: JSON lines {id, html} in, {id, html} out, through html/sanitize.ts.
 * Needs Debian's chromium: node ../shared/corpora/pages/sanitize.mjs --payloads ../shared/corpora/pages/xss.json
 *   --adapter "node tests/corpora/xss.ts"
 */
import { sanitize } from "../../src/html/sanitize.ts";

/** Not node:readline: it also breaks lines at U+2028, which JSON may hold. */
let rest = "";
process.stdin.setEncoding("utf8").on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) answer(line);
});

function answer(line: string): void {
  const { id, html } = JSON.parse(line) as { id: number; html: string };
  process.stdout.write(`${JSON.stringify({ id, html: sanitize(html, { baseUrl: "https://page.example/a/b" }) })}\n`);
}
