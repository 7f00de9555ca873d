import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { operations } from "../src/serve/api/operations.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const sources = globSync("src/**/*.ts", { cwd: ROOT })
  .filter((name) => !name.endsWith(".test.ts"))
  .map(read);

const serving = globSync("src/serve/**/*.ts", { cwd: ROOT }).map(read).join("\n");

/** Codes as our errors carry them: `code: "…"`, the helpers that take one first, and the drivers' tables. */
const CODE_PATTERNS = [
  /\b(?:code: |failure\(|CodingError\(|failWith\(|within\([^,()]+, )\s*"([a-z][a-z0-9_]+)"/g,
  /(?:\b\d{3}, |SQLITE_\w+: |"?[0-9A-Z]{5}"?: )"([a-z][a-z_]+)"/g,
];

function codesInSource(): ReadonlySet<string> {
  const found = sources.flatMap((source) => CODE_PATTERNS.flatMap((pattern) => [...source.matchAll(pattern)]));
  return new Set(found.map(([, code]) => code ?? ""));
}

describe("the documentation", () => {
  it("names every error code, and no code that is gone", () => {
    const documented = new Set([...read("docs/errors.md").matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, code]) => code));
    const missing = [...codesInSource()].filter((code) => !documented.has(code)).sort();
    expect(missing).toEqual([]);
    const text = sources.join("\n");
    expect([...documented].filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });

  it("names every command", () => {
    const commands = [...read("src/cli/cli.ts").matchAll(/\.command\("([a-z]+)/g)].map(([, name]) => name);
    const help = read("docs/commands.md");
    expect(commands.filter((name) => !help.includes(`\`storywire ${name}`))).toEqual([]);
  });

  it("names every address and operation, and none that is gone", () => {
    const page = read("docs/addresses.md");
    const documented = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, address]) => address ?? "");
    const routes = [...serving.matchAll(/\b(?:addRead\(app, |add\(|FEED_ROUTE = )"(\/[^"]*)"/g)].map(
      ([, path]) => path ?? "",
    );
    expect(routes.length).toBeGreaterThan(10);
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} /api/v1${path}`);
    expect(documented.toSorted()).toEqual([...routes, ...described].toSorted());
  });

  it("links to files that exist", () => {
    const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: ROOT })];
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map(([, target]) => join(dirname(page), target ?? ""))
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${page} → ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
