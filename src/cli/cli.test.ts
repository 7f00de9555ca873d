import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createProgram } from "./cli.ts";
import { completionScript, type Shell } from "./completion.ts";
import { examples } from "./examples.ts";

const program = createProgram(() => {});
const names = program.commands.map((command) => command.name());

describe("the help", () => {
  it("shows an example of every command", () => {
    expect(names.filter((name) => examples[name] === undefined)).toEqual([]);
  });

  it.each(program.commands.map((command) => [command.name(), command] as const))(
    "of %s shows examples with options that there are",
    (name, command) => {
      const known = new Set([...command.options.map((option) => option.long), "--help"]);
      for (const [call] of examples[name] ?? []) {
        expect(call).toContain(`storywire ${name}`);
        const ours = call.slice(call.indexOf("storywire ")).split(/ [|>] /)[0] ?? "";
        for (const [flag] of ours.matchAll(/--[a-z][a-z-]*/g)) expect([...known]).toContain(flag);
      }
    },
  );

  it("lets every command answer as JSON, but for the one that runs", () => {
    const without = program.commands.filter((command) => !command.options.some((option) => option.long === "--json"));
    expect(without.map((command) => command.name())).toEqual([]);
  });
});

/** Words that bash offers behind what was typed so far. */
function completedByBash(typed: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "storywire-completion-"));
  try {
    const script = join(folder, "completion.bash");
    writeFileSync(script, completionScript("bash", program));
    const words = ["storywire", ...typed].map((word) => `'${word}'`).join(" ");
    const asked = `source ${script}; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _storywire; echo "\${COMPREPLY[@]}"`;
    const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", asked], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    return stdout.trim().split(/\s+/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("completion", () => {
  it("in bash offers commands, their options, and what these take", () => {
    expect(completedByBash(["sta"])).toEqual(["status"]);
    expect(completedByBash([""])).toEqual(expect.arrayContaining(names));
    expect(completedByBash(["poll", "--a"])).toEqual(["--all"]);
    expect(completedByBash(["serve", "--role", "p"])).toEqual(["poller"]);
    expect(completedByBash(["export", "s"])).toEqual(["stories"]);
    expect(completedByBash(["serve", "--sup"])).toEqual([""]);
  });

  it.each(["zsh", "fish"] as const)("in %s is a script that the shell can read", (shell: Shell) => {
    const script = completionScript(shell, program);
    for (const name of names) expect(script).toContain(name);
    const { error, status, stderr } = spawnSync(shell, ["-n"], { input: script, encoding: "utf8" });
    if (error !== undefined) return console.warn(`${shell} is not installed: its script was not read`);
    expect([status, stderr]).toEqual([0, ""]);
  });
});
