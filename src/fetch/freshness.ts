import { parseHttpDate } from "./http-date.ts";

/** Longest wait that an answer can ask for: one day, in milliseconds. What asks for more is taken for nonsense. */
const ASKED_WAIT_MAX_MS = 86_400_000;

/** Response headers by lower-case name, repeated ones joined by a comma (RFC 9110 §5.3). */
type Headers = Readonly<Record<string, string>>;

/**
 * Milliseconds to wait, from Retry-After: seconds or an HTTP date (RFC 9110 §10.2.3), 0 for a date that has passed, at
 * most `ASKED_WAIT_MAX_MS`. Undefined where the header is absent or says nothing readable.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const text = headers["retry-after"]?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, ASKED_WAIT_MAX_MS);
  const instant = parseHttpDate(text, now);
  return instant === null ? undefined : Math.min(Math.max(instant - now, 0), ASKED_WAIT_MAX_MS);
}

/**
 * Instant (milliseconds since 1970 UTC) until which the answer is fresh, so that asking again brings nothing:
 * Cache-Control max-age, else Expires, less Age (RFC 9111 §4.2), at most `ASKED_WAIT_MAX_MS` from `now`. Undefined
 * where the answer is stale at once, forbids reuse (no-cache, no-store) or says nothing; `s-maxage` is for shared
 * caches and is not read.
 */
export function freshUntil(headers: Headers, now: number): number | undefined {
  const control = headers["cache-control"];
  const lifetime = control === undefined ? undefined : controlLifetime(control);
  const remaining = (lifetime ?? expiresLifetime(headers, now) ?? 0) - (readSeconds(headers.age) ?? 0);
  return remaining > 0 ? now + Math.min(remaining, ASKED_WAIT_MAX_MS) : undefined;
}

/** What Cache-Control says in milliseconds: 0 where reuse is forbidden, undefined where it names no lifetime. */
function controlLifetime(control: string): number | undefined {
  const directives = control.toLowerCase().split(",").map(readDirective);
  if (directives.some(([name]) => name === "no-cache" || name === "no-store")) return 0;
  const ages = directives.filter(([name]) => name === "max-age").map(([, value]) => readSeconds(value) ?? 0);
  // Contradictory values: the shortest (RFC 9111 §4.2.1 lets us choose or take the answer as stale).
  return ages.length === 0 ? undefined : Math.min(...ages.slice(0, 8));
}

function readDirective(directive: string): [name: string, value: string] {
  const [name = "", value = ""] = directive.split("=", 2);
  return [name.trim(), value.trim().replace(/^"(.*)"$/, "$1")];
}

/** A value that cannot be read means the answer is stale (RFC 9111 §5.3: `Expires: 0`). */
function expiresLifetime(headers: Headers, now: number): number | undefined {
  const expires = headers.expires;
  if (expires === undefined) return undefined;
  const expiresAt = parseHttpDate(expires, now);
  const sentAt = parseHttpDate(headers.date ?? "", now) ?? now;
  return expiresAt === null ? 0 : expiresAt - sentAt;
}

/** Milliseconds of a delta-seconds (RFC 9111 §1.2.2); null for anything else. */
function readSeconds(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) * 1000 : null;
}
