import { flushCompileCache } from "node:module";
import { StorywireError } from "../errors.ts";
import type { Reading } from "../model/candidate.ts";
import { type ReadingJob, readDocument } from "./read.ts";

/** What a reading process answers to a job. */
export type WorkerAnswer<R> =
  | { readonly reading: R }
  | { readonly error: { readonly code: string; readonly message: string; readonly concerns?: string | undefined } };

async function answer(job: ReadingJob): Promise<WorkerAnswer<Reading>> {
  try {
    return { reading: await readDocument(job) };
  } catch (error) {
    if (error instanceof StorywireError) {
      return { error: { code: error.code, message: error.message, concerns: error.concerns } };
    }
    return { error: { code: "parse_failed", message: `Cannot read the document: ${error}` } };
  }
}

let answered = 0;

// Jobs come one at a time from poll/pool.ts, by structured clone.
process.on("message", async (job) => {
  process.send?.(await answer(job as ReadingJob));
  answered += 1;
  // This process is ended, not left to end: what it compiled is kept now, for the next (measured: 25 MB, 100 ms each). To
  // find nothing new takes 0.3 ms: it is asked ever less often.
  if (isPowerOfTwo(answered)) flushCompileCache();
});

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
