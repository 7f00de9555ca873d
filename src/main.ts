#!/usr/bin/env node
import { run } from "./cli/cli.ts";

process.exitCode = await run(process.argv);
// The channel to the process that started this one would keep it alive.
if (process.connected) process.disconnect();
