import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchFolders } from "./watch.ts";

let top: string;
let changes: number;
let stirs: number;
let watching: Disposable;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "storywire-watch-"));
  mkdirSync(join(top, "sources"));
  changes = 0;
  stirs = 0;
  watching = watchFolders([top, join(top, "sources"), join(top, "feeds")], () => (changes += 1), {
    settleMs: 40,
    onStir: () => (stirs += 1),
  });
});
afterEach(() => {
  watching[Symbol.dispose]();
  rmSync(top, { recursive: true });
});

const toldOf = (count: number) => vi.waitFor(() => expect(changes).toBe(count), { timeout: 5000 });

it("tells many writes as one change, and the next ones as another", async () => {
  for (let number = 0; number < 20; number++) writeFileSync(join(top, "sources", `${number}.yaml`), "x");
  await toldOf(1);
  expect(stirs).toBe(1);
  renameSync(join(top, "sources/1.yaml"), join(top, "sources/one.yaml"));
  await toldOf(2);
});

it("goes on where a folder comes, goes or is replaced", async () => {
  mkdirSync(join(top, "feeds"));
  await toldOf(1);
  writeFileSync(join(top, "feeds/top.yaml"), "x");
  await toldOf(2);
  renameSync(join(top, "sources"), join(top, "before"));
  mkdirSync(join(top, "sources"));
  await toldOf(3);
  writeFileSync(join(top, "sources/new.yaml"), "x");
  await toldOf(4);
});
