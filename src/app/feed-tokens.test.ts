import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { slugOf } from "../../tests/support/fake-wire.ts";
import { createFeedTokens, endOverlap, readTokens, rotateToken } from "./feed-tokens.ts";

const members = slugOf("members");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "storywire-tokens-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the tokens of feeds", () => {
  it("are made once, told once, and readable by their owner alone", () => {
    const made: string[] = [];
    const told = ({ file }: { readonly file: string }) => void made.push(file);
    createFeedTokens(folder, [members], told);
    createFeedTokens(folder, [members], told);
    expect(made).toEqual([join(folder, "feed-tokens", "members")]);
    expect(statSync(made[0]!).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "feed-tokens")).mode & 0o777).toBe(0o700);
    expect(readFileSync(made[0]!, "utf8")).toMatch(/^[\w-]{32}\n$/);
  });

  it("open their own feed, and are never accepted almost right", () => {
    const tokens = createFeedTokens(folder, [members, slugOf("board")], () => {});
    const [token = ""] = readTokens(folder, members);
    expect(tokens.accepts(members, token)).toBe(true);
    for (const wrong of [undefined, "", token.slice(1), `${token} `, token.toUpperCase(), `${token}${token}`]) {
      expect(tokens.accepts(members, wrong)).toBe(false);
    }
    expect(tokens.accepts(slugOf("board"), token)).toBe(false);
    expect(tokens.accepts(slugOf("no-such-feed"), token)).toBe(false);
  });

  it("of a feed that is configured no longer stay in their file, and no file is made for one", () => {
    createFeedTokens(folder, [members], () => {});
    const [token = ""] = readTokens(folder, members);
    const after = createFeedTokens(folder, [], () => {});
    expect([token, "wrong", undefined].map((one) => after.accepts(members, one))).toEqual([true, false, false]);
    expect(after.accepts(slugOf("board"), token)).toBe(false);
    expect(readTokens(folder, slugOf("board"))).toEqual([]);
  });

  it("overlap when they are rotated: two are valid, never three, and one at the end", () => {
    const tokens = createFeedTokens(folder, [members], () => {});
    const [first = ""] = readTokens(folder, members);
    rotateToken(folder, members);
    tokens.refresh();
    const [second = ""] = readTokens(folder, members);
    expect(second).not.toBe(first);
    expect([first, second].map((token) => tokens.accepts(members, token))).toEqual([true, true]);
    rotateToken(folder, members);
    tokens.refresh();
    const [third = ""] = readTokens(folder, members);
    expect([first, second, third].map((token) => tokens.accepts(members, token))).toEqual([false, true, true]);
    endOverlap(folder, members);
    tokens.refresh();
    expect([second, third].map((token) => tokens.accepts(members, token))).toEqual([false, true]);
  });

  it("may be written by hand, a line each; what could be guessed is none", () => {
    const tokens = createFeedTokens(folder, [members], () => {});
    const file = join(folder, "feed-tokens", "members");
    writeFileSync(file, "\nshort\n  chosen-by-the-operator-1  \r\nchosen-by-the-operator-2\n");
    utimesSync(file, 1, 1);
    tokens.refresh();
    expect(tokens.accepts(members, "chosen-by-the-operator-1")).toBe(true);
    expect(tokens.accepts(members, "chosen-by-the-operator-2")).toBe(true);
    expect(tokens.accepts(members, "short")).toBe(false);
  });
});
