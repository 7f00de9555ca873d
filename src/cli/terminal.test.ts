import { describe, expect, it } from "vitest";
import { formatTable } from "./table.ts";
import { formatBytes, formatDistance, plainText, textWidth } from "./terminal.ts";

describe("a table", () => {
  it("is plain text where no terminal is, aligned by what is seen", () => {
    const rows = [
      ["town", { text: "ok", as: "green" as const }, "Bridge"],
      ["新聞", "failing", ""],
    ];
    expect(formatTable(["source", "state", "title"], rows)).toBe(
      ["source  state    title", "town    ok       Bridge", "新聞    failing"].join("\n"),
    );
  });

  it("does nothing to the terminal, whatever its cells hold", () => {
    const table = formatTable(["title"], [["a\u001b]0;owned\u0007b\nc\u202ed"]]);
    expect(table).toBe("title\na ]0;owned b c d");
  });
});

it("texts take the columns they take", () => {
  expect(["abc", "über", "e\u0301", "新聞", "🌉", ""].map(textWidth)).toEqual([3, 4, 1, 4, 2, 0]);
  expect(plainText("a\tb\r\nc")).toBe("a b c");
});

it("sizes and distances are told in their largest unit", () => {
  expect([0, 999, 1_000, 15_000, 1_234_567, 999_999_999_999_999].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "15.0 kB",
    "1.2 MB",
    "1000 TB",
  ]);
  const now = 1_000_000_000;
  expect([now, now + 90_000, now - 7_300_000, now + 172_800_000].map((at) => formatDistance(at, now))).toEqual([
    "0 s ago",
    "in 1 min",
    "2 h ago",
    "in 2 d",
  ]);
});
