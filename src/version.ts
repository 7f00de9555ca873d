import { readFileSync } from "node:fs";
import { join } from "node:path";

const text = readFileSync(join(import.meta.dirname, "../package.json"), "utf8");

/** This program's version, from package.json. */
export const VERSION: string = (JSON.parse(text) as { version: string }).version;
