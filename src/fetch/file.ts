import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { causeCode, causeText, failure } from "./failure.ts";

/** A local file as a visit sees it. */
export interface FileAnswer {
  /** Strong validator made of the change time and the size: `"<base 36>-<base 36>"`. */
  readonly etag: string;
  /** Absent where the validator is the one that was asked with. */
  readonly body?: Uint8Array;
}

export interface FileRequest {
  readonly url: URL;
  /** Absolute path of the directory that files must lie below, after links are followed. */
  readonly filesRoot: string;
  readonly bodyBytesMax: number;
  readonly etag?: string | undefined;
}

/**
 * Reads a regular file below the files root.
 *
 * @throws FetchError `bad_url`, `file_missing`, `file_outside_root`, `file_unreadable`, `too_large`
 */
export async function readLocalFile(request: FileRequest): Promise<FileAnswer> {
  const path = await locate(request);
  // Without O_NONBLOCK a named pipe would hold a thread until somebody writes to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw unreadable(request.url, cause);
  });
  try {
    return await read(file, request);
  } finally {
    await file.close();
  }
}

async function locate({ url, filesRoot }: FileRequest): Promise<string> {
  const [root, path] = await Promise.all([realpath(filesRoot), realpath(toPath(url))]).catch((cause: unknown) => {
    throw unreadable(url, cause);
  });
  const inside = relative(root, path);
  if (inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return path;
  throw failure("file_outside_root", url, "wanted: a file below the files root (STORYWIRE_FILES)");
}

function toPath(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw failure("bad_url", url, "no path of this machine", { cause });
  }
}

async function read(file: FileHandle, { url, bodyBytesMax, etag: known }: FileRequest): Promise<FileAnswer> {
  const facts = await file.stat({ bigint: true });
  if (!facts.isFile()) throw failure("file_unreadable", url, "wanted: a regular file");
  const etag = `"${facts.mtimeNs.toString(36)}-${facts.size.toString(36)}"`;
  if (etag === known) return { etag };
  if (facts.size > bodyBytesMax) throw tooLarge(url, bodyBytesMax);
  const body = await file.readFile().catch((cause: unknown) => {
    throw unreadable(url, cause);
  });
  // It may have grown since.
  if (body.length > bodyBytesMax) throw tooLarge(url, bodyBytesMax);
  return { etag, body };
}

function tooLarge(url: URL, bodyBytesMax: number): Error {
  return failure("too_large", url, `more than ${bodyBytesMax} bytes`);
}

function unreadable(url: URL, cause: unknown): Error {
  const code = causeCode(cause) === "ENOENT" || causeCode(cause) === "ENOTDIR" ? "file_missing" : "file_unreadable";
  return cause instanceof Error && cause.name === "FetchError"
    ? cause
    : failure(code, url, `it could not be read (${causeText(cause)})`, { cause });
}
