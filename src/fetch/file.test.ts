import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AbsoluteUrl } from "../model/url.ts";
import { createFetcher, DEFAULT_FETCH_LIMITS, type Fetcher } from "./fetch.ts";

/** Node itself cannot make a named pipe. */
const MAKE_PIPE = "mkfifo";

let folder: string;
let fetcher: Fetcher;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "storywire-file-"));
  await mkdir(join(folder, "root", "sub"), { recursive: true });
  await writeFile(join(folder, "root", "feed.xml"), "<rss/>");
  await writeFile(join(folder, "root", "sub", "a b.html"), "<p>");
  await writeFile(join(folder, "root", "large.bin"), Buffer.alloc(2000));
  await writeFile(join(folder, "secret.txt"), "secret");
  await mkdir(join(folder, "root-beside"));
  await writeFile(join(folder, "root-beside", "x.txt"), "x");
  await symlink(join(folder, "secret.txt"), join(folder, "root", "leak.txt"));
  await symlink(join(folder, "root", "feed.xml"), join(folder, "root", "link.xml"));
  execFileSync(MAKE_PIPE, [join(folder, "root", "pipe")]);
  fetcher = createFetcher({
    limits: { ...DEFAULT_FETCH_LIMITS, bodyBytesMax: 1000 },
    userAgent: "Storywire/test",
    allowAddresses: [],
    filesRoot: join(folder, "root"),
    now: () => 0,
  });
});
afterAll(() => rm(folder, { recursive: true }));

function fileUrl(...path: string[]): AbsoluteUrl {
  return pathToFileURL(join(folder, ...path)).href as AbsoluteUrl;
}

describe("file: addresses", () => {
  test("are read below the files root, with a validator", async () => {
    const outcome = await fetcher.fetch({ url: fileUrl("root", "feed.xml") });
    expect(outcome).toMatchObject({ kind: "fetched", status: 200, wireBytes: 6, redirects: [] });
    expect(outcome.kind === "fetched" && Buffer.from(outcome.body).toString()).toBe("<rss/>");
    expect(outcome.kind === "fetched" && outcome.validators.etag).toMatch(/^"[0-9a-z]+-[0-9a-z]+"$/);
  });

  test("may hold spaces and lead through links that stay below the root", async () => {
    expect((await fetcher.fetch({ url: fileUrl("root", "sub", "a b.html") })).kind).toBe("fetched");
    expect((await fetcher.fetch({ url: fileUrl("root", "link.xml") })).kind).toBe("fetched");
  });

  test("answer not_modified while the file is unchanged, and anew when it was touched", async () => {
    const url = fileUrl("root", "feed.xml");
    const first = await fetcher.fetch({ url });
    const validators = first.kind === "fetched" ? first.validators : {};
    expect(await fetcher.fetch({ url, validators })).toMatchObject({ kind: "not_modified", validators });
    await utimes(join(folder, "root", "feed.xml"), 1_000, 2_000);
    expect((await fetcher.fetch({ url, validators })).kind).toBe("fetched");
  });

  test.each([
    ["a file beside the root", ["secret.txt"], "file_outside_root"],
    ["a link that leads out", ["root", "leak.txt"], "file_outside_root"],
    ["a folder whose name begins like the root's", ["root-beside", "x.txt"], "file_outside_root"],
    ["the root itself", ["root"], "file_outside_root"],
    ["a missing file", ["root", "missing.xml"], "file_missing"],
    ["a path through a file", ["root", "feed.xml", "x"], "file_missing"],
    ["a folder", ["root", "sub"], "file_unreadable"],
    ["a named pipe", ["root", "pipe"], "file_unreadable"],
    ["a file over the limit", ["root", "large.bin"], "too_large"],
  ])("refuse %s", async (_name, path, code) => {
    await expect(fetcher.fetch({ url: fileUrl(...path) })).rejects.toMatchObject({ name: "FetchError", code });
  });

  test.each([
    ["file:///etc/passwd", "file_outside_root"],
    ["file://otherhost/etc/passwd", "bad_url"],
    ["file:///a%2Fb", "bad_url"],
    ["file:///a%00b", "file_unreadable"],
  ])("refuse %s", async (url, code) => {
    await expect(fetcher.fetch({ url: url as AbsoluteUrl })).rejects.toMatchObject({ code });
  });
});
