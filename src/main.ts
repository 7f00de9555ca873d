#!/usr/bin/env node
import { enableCompileCache, getCompileCacheDir } from "node:module";
import { join } from "node:path";

/** V8 takes what memory it may; a small nursery keeps a process that mostly waits near what it needs (measured: 90 MB less). */
const SMALL_NURSERY = "--max-semi-space-size=4";

// Stripped and compiled modules are kept, for this process and those it starts: half the start, 25 MB less each. Where the
// folder cannot be written, all works as without.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/storywire"));
process.env.NODE_COMPILE_CACHE ??= getCompileCacheDir() ?? "";

// What glibc sets aside for each thread is a tenth of every process of ours (measured: 35 MB of a poller), and buys nothing.
process.env.MALLOC_ARENA_MAX ??= "1";

/** Commands that do much: the others are done before a small nursery is worth its start. */
const LONG = new Set(["serve", "poll", "extract", "plan", "apply"]);

// The same process begins anew with the flag, where the system can do that; a process of ours was started with it.
const isPlain = process.execArgv.length === 0 && process.env.NODE_OPTIONS === undefined;
if (process.execve !== undefined && isPlain && LONG.has(process.argv[2] ?? "")) {
  process.execve(process.execPath, [process.execPath, SMALL_NURSERY, ...process.argv.slice(1)], process.env);
}

const { run } = await import("./cli/cli.ts");
const exitCode = await run(process.argv);
process.exitCode = exitCode;
// A start that failed half-way may leave timers behind: they end with the process, not the process with them.
if (exitCode !== 0) setTimeout(() => process.exit(exitCode), 1_000).unref();
// The channel to the process that started this one would keep it alive.
if (process.connected) process.disconnect();
