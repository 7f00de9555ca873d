import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorkplace } from "../support/service.ts";

const SCHEMAS = join(import.meta.dirname, "../../schemas");

describe("storywire schema", () => {
  it("prints what editors are given, one kind or all", async () => {
    using workplace = createWorkplace({});
    for (const name of ["storywire", "source", "feed"]) {
      const { code, stdout } = await workplace.run(["schema", name]);
      expect(code).toBe(0);
      expect(stdout).toBe(readFileSync(join(SCHEMAS, `${name}.schema.json`), "utf8"));
    }
    const all = JSON.parse((await workplace.run(["schema", "--json"])).stdout);
    expect(Object.keys(all)).toEqual(["storywire", "source", "feed"]);
    expect((await workplace.run(["schema", "feeds"])).code).toBe(2);
  });
});

describe("storywire check", () => {
  it("refuses a selector that cannot be read, with its place", async () => {
    using workplace = createWorkplace({
      "config/sources/a.yaml": "id: a\nurl: https://news.example/\nlisting:\n  items: li.story\n  title: h3[",
    });
    const { code, stderr } = await workplace.run(["check"]);
    expect(code).toBe(2);
    expect(stderr).toContain('config/sources/a.yaml:5:10: listing.title is "h3["; wanted: a CSS selector');
  });
});
