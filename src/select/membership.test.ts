import { describe, expect, it } from "vitest";
import { aFeed, aSource } from "../../tests/support/stories.ts";
import { compileMemberships } from "./membership.ts";

describe("the digest of a feed's definition", () => {
  const town = aSource({ id: "town", title: "Town" });
  const harbour = aSource({ id: "harbour" });
  const feed = aFeed({ select: { ...aFeed().select, sources: [town.id] } });
  const site = { title: "Wire", baseUrl: "https://wire.example" };
  const digest = (changed: object = {}, sources = [town, harbour], presentation: object = site) =>
    compileMemberships([{ ...feed, ...changed }], sources, () => null, presentation).digest(feed.slug);

  it("moves with everything configured that its documents show", () => {
    for (const changed of [
      { title: "Other" },
      { description: "New" },
      { language: "fr" },
      { limit: 7 },
      { content: "summary" },
    ]) {
      expect(digest(changed)).not.toBe(digest());
    }
    expect(digest({}, [{ ...town, title: "Town news" }, harbour])).not.toBe(digest());
    expect(digest({}, undefined, { ...site, baseUrl: "https://other.example" })).not.toBe(digest());
  });

  it("stays where nothing of it shows", () => {
    expect(digest({ formerly: ["old"], access: "token" })).toBe(digest());
    expect(digest({}, [harbour, { ...town, paused: true, headers: { a: "b" } }])).toBe(digest());
    expect(digest({}, [town, { ...harbour, title: "Elsewhere" }])).toBe(digest());
  });
});
