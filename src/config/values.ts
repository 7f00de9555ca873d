import { isIP } from "node:net";
import { z } from "zod";
import type { FeedSlug } from "../model/feed.ts";
import type { SourceId } from "../model/source.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { isTimeZone } from "../model/zone.ts";

/*
 * Schemas of the single values that settings, sources and feeds are made of. Each has the words for a wrong one, and a
 * title: its type as the documentation and editors show it.
 */

/** Longer texts are refused before they are looked at. */
const TEXT_LENGTH_MAX = 2048;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1_000_000,
  KiB: 1024,
  MiB: 1024 ** 2,
};

/** `30m`, `90s`, `1d`, `500ms`, `6h`, `2w` → milliseconds. */
export const duration = quantity(
  "a duration such as 90s, 30m, 6h or 1d",
  /^\d{1,6}(?:\.\d{1,3})?(?:ms|s|m|h|d|w)$/,
  UNIT_MS,
).meta({ title: "duration" });

const SIZE = "a size such as 16MiB or 500kB";

/** `16MiB`, `500kB`, or a number of bytes → bytes. */
export const byteSize = z
  .union([z.int().min(1), quantity(SIZE, /^\d{1,9}(?:\.\d{1,3})?(?:B|kB|MB|KiB|MiB)$/, UNIT_BYTES)], { error: SIZE })
  .meta({ title: "size" });

/** As a setting would say it: 300000 → `5m`. */
export function formatDuration(durationMs: number): string {
  const units = Object.entries(UNIT_MS).filter(([, unitMs]) => durationMs % unitMs === 0);
  const [unit, unitMs] = units.at(-1) ?? ["ms", 1];
  return `${durationMs / unitMs}${unit}`;
}

/** One line of text that is not blank. */
export const line = z
  .string()
  .min(1)
  .max(TEXT_LENGTH_MAX)
  .refine((text) => text.trim() !== "" && !/\p{Cc}/u.test(text), { error: "one line of text that is not blank" });

/** A name or an IP address (IPv6 without brackets) and a port; 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[v6]:port` */
export const listenAddress = converted("an address such as 127.0.0.1:8080 or [::1]:8080", parseListen).meta({
  title: "host:port",
});

/** A BCP 47 tag → its canonical spelling. */
export const language = converted("a BCP 47 language tag such as en or de-AT", canonicalLanguage).meta({
  title: "language",
});

/** An IANA time zone name. */
export const timeZone = converted("an IANA time zone such as Europe/Vienna", (name) =>
  isTimeZone(name) ? name : null,
).meta({ title: "time zone" });

/** An http or https address without credentials. */
export const webUrl = converted("an http or https address without user and password", bareWebUrl).meta({
  title: "address",
});

/** The public address of the service: http or https, without a slash at its end. */
export const baseUrl = converted("an http or https address without user, password, ? and #", (text) => {
  const url = bareWebUrl(text);
  return url === null || /[?#]/.test(url) ? null : url.replace(/\/$/, "");
}).meta({ title: "address" });

/** `10.0.0.0/8`, `::1/128`; a single address stands for itself. */
export const cidr = converted("an address range such as 10.0.0.0/8 or ::1/128", parseCidr).meta({
  title: "address range",
});

/** As `cidr`, or `loopback` for this machine's own addresses. */
export const proxyRange = converted("an address range such as 10.0.0.0/8, or loopback", (text) => {
  if (text.trim() === "loopback") return ["127.0.0.0/8", "::1/128"];
  const range = parseCidr(text);
  return range === null ? null : [range];
}).meta({ title: "address range" });

const SLUG = "a slug: 1 to 64 of a-z, 0-9 and -";

/** The name of a feed in its address. */
export const feedSlug = z
  .string({ error: SLUG })
  .regex(/^[a-z0-9-]{1,64}$/, { error: SLUG })
  .refine((slug) => slug !== "status", { error: "another slug: status is reserved" })
  // The cast is the proof: the two checks above.
  .transform((slug) => slug as FeedSlug)
  .meta({ title: "slug" });

const ID = "an id: 1 to 64 of A-Z, a-z, 0-9, - and _";

/** The name of a source in addresses and on the command line. */
export const sourceId = z
  .string({ error: ID })
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, { error: ID })
  // The cast is the proof: the check above.
  .transform((id) => id as SourceId)
  .meta({ title: "id" });

/** One word or phrase that groups stories. */
export const tag = line
  .max(64)
  .refine((text) => !text.includes("/"), { error: "a tag without /" })
  .meta({ title: "tag" });

/**
 * Words to find, or a regular expression between slashes with flags i, m, s; whether the expression can be read is
 * judged by a function that is handed in.
 */
export const textPattern = line
  .refine((text) => !text.startsWith("/") || /^\/.+\/[ims]*$/.test(text), {
    error: "words to find, or a regular expression such as /senate|congress/i",
  })
  .meta({ title: "pattern" });

/** A CSS selector; whether it can be read is judged by a function that is handed in. */
export const selector = line.meta({ title: "selector" });

const INSTANT = "an instant such as 2025-10-17T12:00:00Z";

/** RFC 3339 with an offset → milliseconds since 1970 UTC. */
export const instant = z
  .string({ error: INSTANT })
  .pipe(z.iso.datetime({ offset: true, error: INSTANT }))
  .transform((text) => Date.parse(text))
  .meta({ title: "instant" });

/** A value that goes into an HTTP field: no control characters (RFC 9110 §5.5). */
export const fieldValue = z
  .string()
  .max(8192)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: "text without line breaks and control characters" });

/** The name of an HTTP field or a cookie: a token (RFC 9110 §5.6.2). */
export const fieldName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, { error: "a name of letters, digits and -" });

/** Text that `convert` turns into a value; where it answers null the text is refused with the words given. */
export function converted<T>(wanted: string, convert: (text: string) => T | null) {
  return z
    .string({ error: wanted })
    .max(TEXT_LENGTH_MAX)
    .transform((text, context): T => {
      const value = convert(text);
      if (value !== null) return value;
      context.addIssue(wanted);
      return z.NEVER;
    });
}

function quantity(wanted: string, pattern: RegExp, units: Readonly<Record<string, number>>) {
  return z
    .string({ error: wanted })
    .regex(pattern, { error: wanted })
    .transform((text) => Math.round(Number.parseFloat(text) * (units[text.replace(/^[\d.]+/, "")] ?? 1)))
    .refine((amount) => amount > 0, { error: wanted });
}

function parseListen(text: string): ListenAddress | null {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(colon, 0));
  const port = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return null;
  const bracketed = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : null;
  if (bracketed !== null) return isIP(bracketed) === 6 ? { host: bracketed, port: Number(port) } : null;
  return /^[a-z0-9][a-z0-9.-]*$/i.test(host) ? { host, port: Number(port) } : null;
}

function canonicalLanguage(text: string): string | null {
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    return null;
  }
}

function bareWebUrl(text: string): AbsoluteUrl | null {
  const url = resolveWebUrl(text);
  if (url === null) return null;
  const { username, password } = new URL(url);
  return username === "" && password === "" ? url : null;
}

function parseCidr(text: string): string | null {
  const [address = "", prefix, ...rest] = text.trim().split("/");
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0 || rest.length > 0) return null;
  const bits = family === 4 ? 32 : 128;
  if (prefix === undefined) return `${address}/${bits}`;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? `${address}/${Number(prefix)}` : null;
}
