import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { SettingsError } from "../errors.ts";

/**
 * Writes files that must not be there yet, with their folders: all, or none where one of them is there. SettingsError
 * `file_exists`, and `not_writable` where the system refuses.
 */
export function writeNewFiles(files: ReadonlyMap<string, string>): void {
  const present = [...files.keys()].filter((path) => existsSync(path));
  if (present.length > 0) {
    const problems = present.map((file) => ({ file, path: "", value: "there already", wanted: "a name that is free" }));
    throw new SettingsError(problems, "file_exists");
  }
  for (const [file, content] of files) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { flag: "wx" });
    } catch (error) {
      const value = error instanceof Error && "code" in error ? String(error.code) : String(error);
      const wanted = "a folder that this user may write to";
      throw new SettingsError([{ file, path: "", value, wanted }], "not_writable");
    }
  }
}
