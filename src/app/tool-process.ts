import { execFile } from "node:child_process";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { RequestError } from "../errors.ts";

const MAIN = join(import.meta.dirname, "../main.ts");

/** What a command may answer at most, in bytes, and how long it may take. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
const TIME_MS = 600_000;

/**
 * The process that serves does no such work itself: a command of ours does, with `--json`, and answers what it prints.
 * Rejects with RequestError: the command's own codes; `internal` where it ends without an answer, or is called off.
 */
export function runCommand(args: readonly string[], signal?: AbortSignal): Promise<object> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: ANSWER_BYTES_MAX, timeout: TIME_MS, signal };
    const child = execFile(process.execPath, [MAIN, ...args, "--json"], options, (_error, stdout) => {
      const answer = readAnswer(stdout);
      if (answer === null) reject(failed("internal", "The command ended without an answer"));
      else if (isFailure(answer)) reject(failed(answer.error.code, answer.error.message));
      else resolve(answer);
    });
    child.stdin?.end();
    // Readers come first.
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  });
}

function readAnswer(text: string): object | null {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" ? answer : null;
  } catch {
    return null;
  }
}

function isFailure(answer: object): answer is { readonly error: { readonly code: string; readonly message: string } } {
  return "error" in answer;
}

/** Wrong files are the operator's to mend; anything else is ours. */
function failed(code: string, message: string): RequestError {
  return new RequestError(message, { code, status: code === "bad_settings" ? 422 : 503 });
}
