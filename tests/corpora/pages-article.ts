/**
 * Adapter for ../shared/corpora/pages/run.mjs that needs no command line: extractDocument on each page as kind "page".
 *   node ../shared/corpora/pages/run.mjs --adapter "node tests/corpora/pages-article.ts"
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { StorywireError } from "../../src/errors.ts";
import { extractDocument } from "../../src/extract/extract.ts";
import { bodyText } from "../../src/html/text.ts";
import type { DateInterval } from "../../src/model/date.ts";
import { decode } from "../../src/text/decode.ts";

const dateOf = (date: DateInterval | undefined) =>
  date === undefined
    ? undefined
    : new Date(date.from === undefined ? date.to : (date.from + date.to) / 2).toISOString();

function answer(question: { id: string; path: string; url: string }): object {
  const { text } = decode(readFileSync(question.path), { contentType: undefined, markup: "html" });
  const context = { url: question.url, contentType: "text/html", timeZone: "UTC", capturedAt: Date.now() };
  const item = extractDocument(text, context, { kind: "page", more: false }).items[0];
  if (item === undefined) return { error: "nothing" };
  const contentHtml = typeof item.contentHtml === "string" ? item.contentHtml : undefined;
  return {
    ...item,
    dek: item.summary,
    summary: item.description ?? item.summary,
    authors: item.authors.map((author) => author.name),
    published: dateOf(item.published ?? item.updated),
    updated: dateOf(item.updated),
    image: (item.images.find((image) => image.role === "lead") ?? item.images[0])?.url,
    contentText: contentHtml === undefined ? undefined : bodyText(contentHtml),
  };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const question = JSON.parse(line) as { id: string; path: string; url: string };
  let result: object;
  try {
    result = answer(question);
  } catch (error) {
    if (!(error instanceof StorywireError)) throw error;
    result = { error: error.code };
  }
  process.stdout.write(`${JSON.stringify({ id: question.id, ...result })}\n`);
});
