import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aFeed, aSource, url } from "../../tests/support/stories.ts";
import { type Configuration, loadConfiguration } from "../config/settings.ts";
import type { Feed } from "../model/feed.ts";
import type { Source } from "../model/source.ts";
import { describeFiles, heldConfiguration, readApplied } from "./applied.ts";
import { compareFiles, isPlain, isReadAnew, isSelectedAnew } from "./diff.ts";

/** A configuration as far as plans look at it. */
function files(sources: readonly Source[], feeds: readonly Feed[] = []): Configuration {
  const settings = { polling: { everyMs: 1_800_000 } } as Configuration["settings"];
  return { settings, sources, feeds };
}

function applied(configuration: Configuration) {
  const read = readApplied(describeFiles(configuration).text);
  if (read === null) throw new Error("not our format");
  return read;
}

describe("what is accepted of a configuration", () => {
  it("has the same digest whatever the order of files", () => {
    const [one, two] = [aSource({ id: "one" }), aSource({ id: "two" })];
    const [feed, other] = [aFeed(), aFeed({ slug: "other" })];
    const straight = describeFiles(files([one, two], [feed, other]));
    expect(describeFiles(files([two, one], [other, feed])).digest).toBe(straight.digest);
    expect(describeFiles(files([one], [feed, other])).digest).not.toBe(straight.digest);
  });

  it("has the same digest whatever the order of keys in the files", async () => {
    const folder = mkdtempSync(join(tmpdir(), "storywire-applied-"));
    const load = () => loadConfiguration({ configDir: "config", feedsDir: "feeds", env: {}, cwd: folder });
    mkdirSync(join(folder, "config/sources"), { recursive: true });
    mkdirSync(join(folder, "feeds"));
    const write = (source: string, feed: string) => {
      writeFileSync(join(folder, "config/sources/a.yaml"), source);
      writeFileSync(join(folder, "feeds/a.yaml"), feed);
    };
    write(
      "{ id: a, tags: [x], url: 'https://a.example/', listing: { items: li, link: a } }",
      "{ title: A, select: { tags: [x], languages: [en] } }",
    );
    const { digest } = describeFiles(await load());
    write(
      "{ listing: { link: a, items: li }, url: 'https://a.example/', tags: [x], id: a }",
      "{ select: { languages: [en], tags: [x] }, title: A }",
    );
    expect(describeFiles(await load()).digest).toBe(digest);
    rmSync(folder, { recursive: true });
  });

  it("holds no secret, and the same digest whatever the secrets are", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{12,30}$/);
    fc.assert(
      fc.property(secret, (text) => {
        const source = aSource({
          headers: { "x-key": text },
          cookies: { session: text },
          auth: { username: text, password: text },
          proxy: `http://user:${text}@proxy.example`,
          userAgent: text,
        });
        const described = describeFiles(files([source]));
        expect(described.text).not.toContain(text);
        expect(described.digest).toBe(describeFiles(files([aSource()])).digest);
      }),
    );
  });

  it("is nothing where another version of the program wrote it", () => {
    expect(readApplied('{"format":99,"sources":[]}')).toBeNull();
  });
});

describe("heldConfiguration", () => {
  it("is what was accepted, with the settings and the ways to reach sources that the files say", () => {
    const before = files([aSource({ timeZone: "UTC" }), aSource({ id: "gone", auth: { bearer: "old" } })], [aFeed()]);
    const wanted = files(
      [aSource({ timeZone: "Asia/Tokyo", auth: { bearer: "new" }, paused: true }), aSource({ id: "fresh" })],
      [aFeed({ limit: 3 })],
    );
    const held = heldConfiguration(wanted, applied(before));
    expect(describeFiles(held).digest).toBe(describeFiles(before).digest);
    expect(held.settings).toBe(wanted.settings);
    expect(held.sources.map(({ id, timeZone, paused, auth }) => [id, timeZone, paused, auth])).toEqual([
      ["gone", "UTC", true, undefined],
      ["town-news", "UTC", true, { bearer: "new" }],
    ]);
    expect(held.feeds).toEqual(before.feeds);
  });

  it("is the files where they were accepted", () => {
    const wanted = files([aSource({ headers: { a: "b" }, listing: { items: "li", follow: true } })], [aFeed()]);
    expect(heldConfiguration(wanted, applied(wanted))).toEqual(wanted);
  });
});

describe("compareFiles", () => {
  const before = applied(
    files(
      [aSource({ id: "a" }), aSource({ id: "b", tags: ["x"] }), aSource({ id: "c" })],
      [aFeed({ slug: "kept" }), aFeed({ slug: "old-name" }), aFeed({ slug: "gone" })],
    ),
  );

  it("tells what came, went and changed, by name; not how a source is reached", () => {
    const wanted = files(
      [
        aSource({ id: "a", timeZone: "Asia/Tokyo", more: false, headers: { x: "y" }, paused: true, robots: false }),
        aSource({ id: "b", tags: ["y"] }),
        aSource({ id: "d" }),
      ],
      [aFeed({ slug: "kept", title: "Another" }), aFeed({ slug: "new-name", formerly: ["old-name" as Feed["slug"]] })],
    );
    expect(compareFiles(before, wanted)).toEqual({
      sources: [
        { id: "a", change: "changed", fields: ["page", "timeZone"] },
        { id: "b", change: "changed", fields: ["tags"] },
        { id: "c", change: "removed", fields: [] },
        { id: "d", change: "added", fields: [] },
      ],
      feeds: [
        { slug: "gone", change: "removed", fields: [] },
        { slug: "kept", change: "changed", fields: ["title"] },
        { slug: "new-name", change: "changed", formerly: "old-name", fields: ["formerly", "slug"] },
      ],
      isFeedless: false,
    });
  });

  const nothingKnown = new Set<string>();
  const changes: readonly (readonly [string, Configuration, boolean])[] = [
    ["nothing", files([...anew()], feedsAnew()), true],
    ["a new source", files([...anew(), aSource({ id: "d" })], feedsAnew()), true],
    ["another title of a source", files(anew({ title: "A" }), feedsAnew()), true],
    ["other tags", files(anew({ tags: ["z"] }), feedsAnew()), false],
    ["another zone", files(anew({ timeZone: "Asia/Tokyo" }), feedsAnew()), false],
    ["another address", files(anew({ url: url("https://other.example/") }), feedsAnew()), false],
    ["a source less", files(anew().slice(1), feedsAnew()), false],
    ["a feed's title", files(anew(), feedsAnew({ title: "Other", content: "summary", language: "de" })), true],
    ["a feed's limit", files(anew(), feedsAnew({ limit: 9 })), false],
    ["a new feed", files(anew(), [...feedsAnew(), aFeed({ slug: "fresh" })]), true],
    ["a feed less", files(anew(), feedsAnew().slice(1)), true],
    ["other feeds in the place of all", files(anew(), [aFeed({ slug: "fresh" })]), true],
    ["no feed left", files(anew(), []), false],
  ];

  it.each(changes)("takes %s for what it is", (_name, wanted, plain) => {
    expect(isPlain(compareFiles(before, wanted), nothingKnown)).toBe(plain);
  });

  it("does not take a source for new of which stories are stored", () => {
    const wanted = files([...anew(), aSource({ id: "d" })], feedsAnew());
    expect(isPlain(compareFiles(before, wanted), new Set(["d"]))).toBe(false);
  });

  it("says which differences have a document read, or entries chosen, in another way", () => {
    const [zone] = compareFiles(before, files(anew({ timeZone: "Asia/Tokyo" }), feedsAnew())).sources;
    const [tags] = compareFiles(before, files(anew({ tags: ["z"] }), feedsAnew())).sources;
    const [limit] = compareFiles(before, files(anew(), feedsAnew({ limit: 9 }))).feeds;
    const [title] = compareFiles(before, files(anew(), feedsAnew({ title: "Other" }))).feeds;
    expect([zone, tags].map((one) => one && isReadAnew(one))).toEqual([true, false]);
    expect([limit, title].map((one) => one && isSelectedAnew(one))).toEqual([true, false]);
  });

  function anew(change: Partial<Source> = {}): readonly Source[] {
    const { id: _id, ...rest } = change;
    return [aSource({ id: "a", ...rest }), aSource({ id: "b", tags: ["x"] }), aSource({ id: "c" })];
  }

  function feedsAnew(change: Partial<Feed> = {}): readonly Feed[] {
    const { slug: _slug, ...rest } = change;
    return [aFeed({ slug: "kept", ...rest }), aFeed({ slug: "old-name" }), aFeed({ slug: "gone" })];
  }
});
