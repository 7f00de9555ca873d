import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonLine } from "./json-line.ts";

test("a line of JSON is one line for readers, whatever it holds", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "\r", "\u0085", "\u2028", "\u2029", '"', "\\") });
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      const lines: string[] = [];
      for await (const line of createInterface({ input: Readable.from([`${jsonLine({ value })}\n`]) }))
        lines.push(line);
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ value }]);
    }),
  );
});
