import { hash } from "node:crypto";
import type { Configuration } from "../config/settings.ts";
import type { Feed } from "../model/feed.ts";
import type { Source } from "../model/source.ts";

/** How a source is reached and when: always as the files say, and never written to the store, since it may hold secrets. */
const TRANSPORT = ["headers", "cookies", "auth", "userAgent", "proxy", "rhythm", "robots", "paused"] as const;

/** What a source is read for: all of it that may change what readers see. */
export type ReadSource = Omit<Source, (typeof TRANSPORT)[number]>;

/** As it is accepted: with its rhythm, which a change of it is told by. */
type AcceptedSource = ReadSource & Pick<Source, "rhythm">;

/** What was accepted of a configuration: the sources as they are read, and the feeds. */
export interface AppliedFiles {
  readonly sources: readonly AcceptedSource[];
  readonly feeds: readonly Feed[];
}

/** Grows when an older program's text cannot be understood any more. */
const FORMAT = 1;

interface Description {
  readonly digest: string;
  readonly text: string;
}

/** Asked for again and again of the configuration that runs. */
const described = new WeakMap<readonly Source[], Description & { readonly feeds: readonly Feed[] }>();

/** What is accepted of a configuration, as text, and its digest: the same whatever the order of files and keys. No secrets. */
export function describeFiles({ sources, feeds }: Pick<Configuration, "sources" | "feeds">): Description {
  const known = described.get(sources);
  if (known?.feeds === feeds) return known;
  const description = describe(sources, feeds);
  described.set(sources, { ...description, feeds });
  return description;
}

function describe(sources: readonly Source[], feeds: readonly Feed[]): Description {
  const inOrder = [...sources].sort(by("id"));
  const files = { format: FORMAT, feeds: [...feeds].sort(by("slug")) };
  const words = canonical({ ...files, sources: inOrder.map(readSource) });
  const accepted = inOrder.map((source) => ({ ...readSource(source), rhythm: source.rhythm }));
  return {
    digest: hash("sha256", words, "base64url").slice(0, 22),
    text: JSON.stringify({ ...files, sources: accepted }),
  };
}

/** What `describeFiles` wrote; null where another version of this program did: then nothing is known to have been accepted. */
export function readApplied(text: string): AppliedFiles | null {
  // The cast holds: this module wrote it, in this format.
  const { format, ...files } = JSON.parse(text) as AppliedFiles & { readonly format: number };
  return format === FORMAT ? files : null;
}

/**
 * What runs while a change waits: settings, and how sources are reached, as the files say; what they are read for, and
 * the feeds, as they were accepted. A source that the files do not hold any more is not visited.
 */
export function heldConfiguration(wanted: Configuration, applied: AppliedFiles): Configuration {
  const reached = new Map(wanted.sources.map((source) => [source.id, transportOf(source)]));
  return {
    settings: wanted.settings,
    sources: applied.sources.map((source) => ({ ...source, ...(reached.get(source.id) ?? UNREACHED) })),
    feeds: applied.feeds,
  };
}

type Transport = Pick<Source, (typeof TRANSPORT)[number]>;

const UNREACHED: Omit<Transport, "rhythm"> = { headers: {}, cookies: {}, robots: true, paused: true };

function transportOf(source: Source): Transport {
  const { headers, cookies, auth, userAgent, proxy, rhythm, robots, paused } = source;
  return {
    headers,
    cookies,
    rhythm,
    robots,
    paused,
    ...(auth === undefined ? {} : { auth }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** A source without what is said of how it is reached. */
export function readSource(source: ReadSource & Partial<Transport>): ReadSource {
  const { headers, cookies, auth, userAgent, proxy, rhythm, robots, paused, ...read } = source;
  return read;
}

function by<K extends string>(key: K): (a: Readonly<Record<K, string>>, b: Readonly<Record<K, string>>) => number {
  return (a, b) => (a[key] < b[key] ? -1 : 1);
}

/** JSON with the keys of every mapping in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const parts = Object.keys(value)
    .sort()
    // Every key of an object may be asked for; what it holds is of no known type.
    .map((key) => `${JSON.stringify(key)}:${canonical((value as Readonly<Record<string, unknown>>)[key])}`);
  return `{${parts.join()}}`;
}
