import { FetchError } from "../errors.ts";

/** What a failed visit says beside its message. */
interface FailureFacts {
  readonly cause?: unknown;
  readonly httpStatus?: number | undefined;
  readonly retryAfterMs?: number | undefined;
}

/**
 * An address as messages, logs and records may show it: without user, password, query values and fragment, any of
 * which may be a secret.
 */
export function showUrl(url: URL): string {
  const query = url.search === "" ? "" : "?…";
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}

/** A FetchError about `url`; `problem` completes the sentence "Cannot fetch <url>: …". */
export function failure(code: string, url: URL, problem: string, facts: FailureFacts = {}): FetchError {
  const concerns = showUrl(url);
  return new FetchError(`Cannot fetch ${concerns}: ${problem}`, { code, concerns, ...facts });
}

/** The `code` that Node, OpenSSL and undici put on their errors. */
export function causeCode(cause: unknown): string {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return "";
  return typeof cause.code === "string" ? cause.code : "";
}

/** A cause in a few words for a message: its code, else its text; undici's texts say more than its codes. */
export function causeText(cause: unknown): string {
  const code = causeCode(cause);
  if (code !== "" && !code.startsWith("UND_")) return code;
  return cause instanceof Error ? cause.message : String(cause);
}
