import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { SettingsError, type SettingsProblem } from "../errors.ts";
import type { Feed } from "../model/feed.ts";
import type { Source } from "../model/source.ts";
import { loadFeeds } from "./feeds.ts";
import { check, formatPath, problemAt, valueAt } from "./problems.ts";
import { loadSources } from "./sources.ts";
import {
  baseUrl,
  byteSize,
  cidr,
  converted,
  duration,
  formatDuration,
  type ListenAddress,
  language,
  line,
  listenAddress,
  proxyRange,
} from "./values.ts";
import { type Checked, type Located, loadYamlFolder, missingFolder, type Path } from "./yaml.ts";

/** What one service runs with. Addresses and folders are absolute. */
interface Settings {
  readonly service: {
    readonly title: string;
    /** Public address without a slash at its end. */
    readonly baseUrl: string;
    readonly listen: ListenAddress;
    /** BCP 47. */
    readonly language: string;
    readonly contact?: string;
    /** Processes that answer requests. */
    readonly webWorkers: number;
    /** CIDR ranges of proxies whose X-Forwarded-For is believed. */
    readonly trustProxy: readonly string[];
    /** Metrics name sources. */
    readonly metricsBySource: boolean;
  };
  readonly database: DatabaseSettings;
  readonly dataDir: string;
  /** `file:` addresses are read below it. */
  readonly filesRoot: string;
  readonly polling: {
    readonly everyMs: number;
    readonly minimumMs: number;
    readonly perHost: { readonly inFlight: number; readonly perSecond: number };
    readonly inFlight: number;
  };
  readonly limits: {
    readonly bodyBytes: number;
    /** From name look-up to the last byte. */
    readonly totalMs: number;
    readonly redirects: number;
    readonly parseMs: number;
    /** Documents that are kept for plans. */
    readonly kept: { readonly count: number; readonly sourceBytesMax: number; readonly bytesMax: number };
  };
  /** A change of the files that does more than this to a feed waits until it is applied. */
  readonly surprises: { readonly entries: number };
  /** How long what is kept; absent bounds: for ever. */
  readonly retention: Readonly<Record<"stories" | "revisions" | "polls", RetentionRule>>;
  /** CIDR ranges that the address guard lets through. */
  readonly allowAddresses: readonly string[];
  /** The operator's token; absent: the service makes one. */
  readonly token?: string;
  readonly logLevel: LogLevel;
}

interface RetentionRule {
  readonly maxAgeMs?: number;
  readonly maxCount?: number;
}

/** `path` is absolute, or `:memory:`. */
type DatabaseSettings =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

type LogLevel = z.output<typeof settingsSchema>["log"];

export interface Configuration {
  readonly settings: Settings;
  /** In the order of the files' names. */
  readonly sources: readonly Source[];
  readonly feeds: readonly Feed[];
}

export interface ConfigurationPlace {
  /** Holds storywire.yaml and sources/. */
  readonly configDir: string;
  readonly feedsDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative folders are taken from here. */
  readonly cwd: string;
}

/** Judges of texts whose grammar belongs to another part of the program; absent: any text is accepted. */
export interface Validators {
  readonly validateCron?: (expression: string) => boolean;
  readonly validateSelector?: (selector: string) => boolean;
  readonly validatePattern?: (pattern: string) => boolean;
}

const database = converted("sqlite:./data/storywire.db, or postgres://user@host/name", parseDatabase).meta({
  title: "database",
});

function parseDatabase(text: string): DatabaseSettings | null {
  const file = /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1];
  if (file !== undefined) return { kind: "sqlite", path: file };
  return /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text) ? { kind: "postgres", url: text } : null;
}

const contact = line.refine((text) => /^(?:mailto:[^\s@]+@[^\s@]+|https?:\/\/\S+)$/.test(text), {
  error: "an address such as mailto:ops@wire.example",
});

const days = z.int().min(1).max(36_500);
const count = z.int().min(1).max(1_000_000_000);

/** config/storywire.yaml: every key is optional. */
export const settingsSchema = z
  .strictObject({
    service: z
      .strictObject({
        title: line.prefault("Storywire").meta({ description: "Name of the service, on its pages and in OPML." }),
        baseUrl: baseUrl.exactOptional().meta({
          description:
            "Public address of the service; links in documents begin with it. Absent: `http://` and `listen`.",
          examples: ["https://wire.example"],
        }),
        listen: listenAddress.prefault("127.0.0.1:8080").meta({
          description: "Address and port to listen on; port 0 lets the system choose.",
          examples: ["0.0.0.0:80"],
        }),
        language: language
          .prefault("en")
          .meta({ description: "Language of pages, and of feeds that name none (BCP 47)." }),
        contact: contact.exactOptional().meta({
          description: "Whom a publisher may write to; part of our user agent.",
          examples: ["mailto:ops@wire.example"],
        }),
        webWorkers: z
          .int()
          .min(1)
          .max(64)
          .prefault(1)
          .meta({
            description:
              "Processes that answer requests on the one address. One a processor is the most that helps; the poller has its own in any case.",
            examples: [2],
          }),
        trustProxy: z
          .array(proxyRange)
          .max(256)
          .prefault([])
          .meta({
            description:
              "Address ranges of proxies before the service, or `loopback`: their `X-Forwarded-For` tells whom limits are for (new documents, wrong tokens). Empty: no forwarding header is read.",
            examples: [["loopback", "10.20.0.0/16"]],
          }),
        metricsBySource: z.boolean().prefault(false).meta({
          description:
            "Whether `/metrics`, which anybody may read, names sources: their ids, and how long what they bring takes to be published.",
        }),
      })
      .prefault({})
      .meta({ description: "How the service presents itself." }),
    database: database.exactOptional().meta({
      description:
        "Where stories are kept: `sqlite:` and a file (relative to the working directory), or a Postgres address. Absent: `storywire.db` in the data folder.",
      examples: ["sqlite:./data/storywire.db", "postgres://storywire@db.example/storywire"],
    }),
    data: line.prefault("./data").meta({
      description: "Folder for the database, the token and the instance lock; relative to the working directory.",
    }),
    files: line.exactOptional().meta({
      description:
        "Folder that `file:` addresses are read below; relative to the working directory. Absent: the parent of the config folder.",
      examples: ["/srv/pages"],
    }),
    polling: z
      .strictObject({
        every: duration.exactOptional().meta({
          description: "How often a source is visited that says nothing else. Absent: 30m.",
          examples: ["15m"],
        }),
        minimum: duration
          .prefault("5m")
          .meta({ description: "No source is visited more often than this, whatever it or its file asks for." }),
        perHost: z
          .strictObject({
            inFlight: z
              .int()
              .min(1)
              .max(1024)
              .prefault(2)
              .meta({ description: "Requests under way to one host at once." }),
            perSecond: z
              .number()
              .min(0.01)
              .max(10_000)
              .prefault(1)
              .meta({ description: "Requests to one host a second." }),
          })
          .prefault({})
          .meta({ description: "Politeness towards one host." }),
        inFlight: z.int().min(1).max(1024).prefault(64).meta({ description: "Visits under way at once." }),
      })
      .prefault({})
      .meta({ description: "When sources are visited." }),
    limits: z
      .strictObject({
        bodyBytes: byteSize
          .refine((bytes) => bytes <= 32 * 1024 ** 2, { error: "a size of at most 32MiB" })
          .prefault("16MiB")
          .meta({
            description: "Reading of a document stops above this size, before and after decompression; at most 32MiB.",
          }),
        fetchSeconds: z
          .number()
          .min(0.1)
          .max(60)
          .prefault(30)
          .meta({ description: "One request with its redirects, from name look-up to the last byte." }),
        redirects: z.int().min(0).max(20).prefault(10).meta({ description: "Redirects followed in one request." }),
        parseSeconds: z
          .number()
          .min(0.1)
          .max(60)
          .prefault(5)
          .meta({ description: "Reading one document; what takes longer is stopped and fails the visit." }),
        keptDocuments: z.int().min(0).max(10).prefault(2).meta({
          description:
            "The newest documents kept of each source: what `storywire plan` tries changes on; 0 keeps none.",
        }),
        keptSourceBytes: byteSize.prefault("1MiB").meta({
          description: "What the kept documents of one source may take, compressed; a larger document is not kept.",
        }),
        keptBytes: byteSize
          .prefault("1024MiB")
          .meta({ description: "The same for all sources together: the oldest documents go first." }),
      })
      .prefault({})
      .meta({ description: "What one source may cost." }),
    surprises: z
      .strictObject({
        entries: z.int().min(0).max(100_000).prefault(10).meta({
          description:
            "Entries that may appear in a feed, vanish from it, or be told as updated by one change of the files.",
        }),
      })
      .prefault({})
      .meta({
        description:
          "When a change of the files waits for `storywire apply`: whenever ids or dates would move, and above these numbers.",
      }),
    retention: z
      .strictObject({
        stories: z
          .strictObject({
            days: days.exactOptional().meta({
              description:
                "Stories published longer ago than this lose their text, and leave feeds and search. Absent: never.",
              examples: [365],
            }),
            count: count.exactOptional().meta({
              description: "The newest stories of each source that are kept. Absent: all.",
              examples: [10_000],
            }),
          })
          .prefault({})
          .meta({
            description:
              "Stories that their source still lists stay in any case; those that go leave what it takes never to announce them again.",
          }),
        revisions: z
          .strictObject({
            days: days.exactOptional().meta({
              description: "Earlier versions of stories are kept this long. Absent: for ever.",
              examples: [90],
            }),
            count: count.exactOptional().meta({
              description: "Earlier versions kept of each story. Absent: all.",
              examples: [20],
            }),
          })
          .prefault({})
          .meta({ description: "Earlier versions of stories." }),
        polls: z
          .strictObject({
            days: days.prefault(30).meta({ description: "Records of visits are kept this long." }),
            count: count.prefault(1_000).meta({ description: "Records of visits kept for each source." }),
          })
          .prefault({})
          .meta({ description: "Records of visits." }),
      })
      .prefault({})
      .meta({ description: "How long what is kept." }),
    allowAddresses: z
      .array(cidr)
      .max(256)
      .prefault([])
      .meta({
        description: "Private or otherwise guarded address ranges that may be connected to.",
        examples: [["10.20.0.0/16"]],
      }),
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,512}$/, { error: "1 to 512 visible ASCII characters" })
      .exactOptional()
      .meta({
        description:
          "The operator's bearer token. Better given by `STORYWIRE_TOKEN_FILE`. Absent: one is written to `token` in the data folder.",
      }),
    log: z
      .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
      .prefault("info")
      .meta({ description: "Least level that is logged." }),
  })
  .meta({ title: "Storywire: the service", description: "config/storywire.yaml: every key is optional." });

/** A variable of the environment that stands over a setting of storywire.yaml. */
interface SettingVariable {
  readonly name: string;
  readonly path: Path;
  /** Also read from the file that `<name>_FILE` names. */
  readonly secret?: true;
  readonly as?: "number" | "list" | "boolean";
}

/**
 * Empty variables count as absent.
 * @internal Tests use it by itself.
 */
export const settingVariables: readonly SettingVariable[] = [
  { name: "STORYWIRE_TITLE", path: ["service", "title"] },
  { name: "STORYWIRE_BASE_URL", path: ["service", "baseUrl"] },
  { name: "STORYWIRE_LISTEN", path: ["service", "listen"] },
  { name: "STORYWIRE_LANGUAGE", path: ["service", "language"] },
  { name: "STORYWIRE_CONTACT", path: ["service", "contact"] },
  { name: "STORYWIRE_WEB_WORKERS", path: ["service", "webWorkers"], as: "number" },
  { name: "STORYWIRE_METRICS_BY_SOURCE", path: ["service", "metricsBySource"], as: "boolean" },
  { name: "STORYWIRE_TRUST_PROXY", path: ["service", "trustProxy"], as: "list" },
  { name: "STORYWIRE_DATABASE_URL", path: ["database"], secret: true },
  { name: "STORYWIRE_DATA", path: ["data"] },
  { name: "STORYWIRE_FILES", path: ["files"] },
  { name: "STORYWIRE_POLLING_EVERY", path: ["polling", "every"] },
  { name: "STORYWIRE_POLLING_MINIMUM", path: ["polling", "minimum"] },
  { name: "STORYWIRE_POLLING_PER_HOST_IN_FLIGHT", path: ["polling", "perHost", "inFlight"], as: "number" },
  { name: "STORYWIRE_POLLING_PER_HOST_PER_SECOND", path: ["polling", "perHost", "perSecond"], as: "number" },
  { name: "STORYWIRE_POLLING_IN_FLIGHT", path: ["polling", "inFlight"], as: "number" },
  { name: "STORYWIRE_LIMITS_BODY_BYTES", path: ["limits", "bodyBytes"], as: "number" },
  { name: "STORYWIRE_LIMITS_FETCH_SECONDS", path: ["limits", "fetchSeconds"], as: "number" },
  { name: "STORYWIRE_LIMITS_REDIRECTS", path: ["limits", "redirects"], as: "number" },
  { name: "STORYWIRE_LIMITS_PARSE_SECONDS", path: ["limits", "parseSeconds"], as: "number" },
  { name: "STORYWIRE_LIMITS_KEPT_DOCUMENTS", path: ["limits", "keptDocuments"], as: "number" },
  { name: "STORYWIRE_LIMITS_KEPT_SOURCE_BYTES", path: ["limits", "keptSourceBytes"], as: "number" },
  { name: "STORYWIRE_LIMITS_KEPT_BYTES", path: ["limits", "keptBytes"], as: "number" },
  { name: "STORYWIRE_SURPRISES_ENTRIES", path: ["surprises", "entries"], as: "number" },
  { name: "STORYWIRE_RETENTION_STORIES_DAYS", path: ["retention", "stories", "days"], as: "number" },
  { name: "STORYWIRE_RETENTION_STORIES_COUNT", path: ["retention", "stories", "count"], as: "number" },
  { name: "STORYWIRE_RETENTION_REVISIONS_DAYS", path: ["retention", "revisions", "days"], as: "number" },
  { name: "STORYWIRE_RETENTION_REVISIONS_COUNT", path: ["retention", "revisions", "count"], as: "number" },
  { name: "STORYWIRE_RETENTION_POLLS_DAYS", path: ["retention", "polls", "days"], as: "number" },
  { name: "STORYWIRE_RETENTION_POLLS_COUNT", path: ["retention", "polls", "count"], as: "number" },
  { name: "STORYWIRE_ALLOW_ADDRESSES", path: ["allowAddresses"], as: "list" },
  { name: "STORYWIRE_TOKEN", path: ["token"], secret: true },
  { name: "STORYWIRE_LOG", path: ["log"] },
];

const FOLDER_WANTED = "a folder with storywire.yaml and sources/ (storywire init writes a first one)";
const ENVIRONMENT = "environment";
const EVERY_MS = 30 * 60_000;

/**
 * The folders of a configuration: as the command line says, else `STORYWIRE_CONFIG` and `STORYWIRE_FEEDS`, else
 * `./config` and `./feeds` of the working directory.
 */
export function configurationPlace(
  given: { readonly config?: string | undefined; readonly feeds?: string | undefined },
  env: ConfigurationPlace["env"],
  cwd: string,
): ConfigurationPlace {
  return {
    configDir: resolve(cwd, given.config ?? (env.STORYWIRE_CONFIG || "config")),
    feedsDir: resolve(cwd, given.feeds ?? (env.STORYWIRE_FEEDS || "feeds")),
    env,
    cwd,
  };
}

/**
 * Reads settings, sources and feeds: files first, then the environment over `storywire.yaml`. A missing
 * `storywire.yaml` or `sources` folder means defaults and no sources; a missing config or feeds folder is refused.
 * Throws one `SettingsError` (`bad_settings`) with every problem of every file.
 */
export async function loadConfiguration(options: ConfigurationPlace & Validators): Promise<Configuration> {
  const configDir = resolve(options.cwd, options.configDir);
  const feedsDir = resolve(options.cwd, options.feedsDir);
  const settings = await loadSettings({ ...options, configDir });
  // With broken settings the other files are judged all the same, so that one run shows every problem.
  const known = "value" in settings ? settings.value : null;
  const sources = await loadSources(join(configDir, "sources"), {
    ...options,
    shownFolder: shownPath(join(configDir, "sources"), options.cwd),
    filesRoot: known?.filesRoot ?? dirname(configDir),
    everyMs: known?.polling.everyMs ?? EVERY_MS,
    minimumMs: known?.polling.minimumMs ?? 0,
  });
  const feeds = await loadFeeds(feedsDir, {
    ...options,
    shownFolder: shownPath(feedsDir, options.cwd),
    // Where sources are broken their ids are not known: naming them is then no mistake.
    sourceIds: "value" in sources ? new Set(sources.value.map(({ id }) => id)) : null,
    sourceTags: "value" in sources ? new Set(sources.value.flatMap(({ tags }) => tags)) : null,
  });
  const problems = [settings, sources, feeds].flatMap((part) => ("problems" in part ? part.problems : []));
  if ("problems" in settings || "problems" in sources || "problems" in feeds) throw new SettingsError(problems);
  return { settings: settings.value, sources: sources.value, feeds: feeds.value };
}

async function loadSettings(place: ConfigurationPlace): Promise<Checked<Settings>> {
  const shownFolder = shownPath(place.configDir, place.cwd);
  const folder = await loadYamlFolder(place.configDir, shownFolder, /^storywire\.ya?ml$/);
  if (folder === null) return { problems: [missingFolder(shownFolder, FOLDER_WANTED)] };
  const [, second] = folder.files;
  if (second !== undefined)
    return { problems: [{ file: second.name, path: "", wanted: "one file with the settings" }] };
  const environment = await readEnvironment(place.env, place.cwd);
  const parts = [...folder.files, environment.located];
  const problems = [...folder.problems, ...environment.problems, ...parts.flatMap(settingsProblems)];
  if (problems.length > 0) return { problems };
  // Each part passed alone and every key is optional, so the whole passes.
  const written = settingsSchema.parse(parts.map(({ value }) => value ?? {}).reduce(overlay, {}));
  const { every: everyMs = Math.max(EVERY_MS, written.polling.minimum), minimum } = written.polling;
  if (everyMs < minimum) {
    const path = ["polling", "every"];
    const part = parts.findLast((candidate) => valueAt(candidate.value, path) !== undefined) ?? environment.located;
    return { problems: [withVariable(problemAt(part, path, `at least polling.minimum (${formatDuration(minimum)})`))] };
  }
  return { value: resolveSettings(written, everyMs, place) };
}

function settingsProblems(part: Located): readonly SettingsProblem[] {
  const checked = check(settingsSchema, part.value === null ? { ...part, value: {} } : part, []);
  return "problems" in checked ? checked.problems.map(withVariable) : [];
}

/** In the environment a setting goes by the name of its variable. */
function withVariable(problem: SettingsProblem): SettingsProblem {
  if (problem.file !== ENVIRONMENT) return problem;
  const variable = settingVariables.find(({ path }) => problem.path.startsWith(formatPath(path)));
  return variable === undefined ? problem : { ...problem, path: variable.name };
}

function resolveSettings(
  written: z.output<typeof settingsSchema>,
  everyMs: number,
  { configDir, cwd, env }: ConfigurationPlace,
): Settings {
  const { service, polling, limits, retention } = written;
  const listen = withPort(service.listen, env);
  const dataDir = resolve(cwd, written.data);
  return {
    service: {
      ...service,
      listen,
      baseUrl: service.baseUrl ?? defaultBaseUrl(listen),
      trustProxy: service.trustProxy.flat(),
    },
    database: resolveDatabase(written.database, dataDir, cwd),
    dataDir,
    filesRoot: written.files === undefined ? dirname(configDir) : resolve(cwd, written.files),
    polling: { everyMs, minimumMs: polling.minimum, perHost: polling.perHost, inFlight: polling.inFlight },
    limits: {
      bodyBytes: limits.bodyBytes,
      totalMs: limits.fetchSeconds * 1000,
      redirects: limits.redirects,
      parseMs: limits.parseSeconds * 1000,
      kept: { count: limits.keptDocuments, sourceBytesMax: limits.keptSourceBytes, bytesMax: limits.keptBytes },
    },
    surprises: written.surprises,
    retention: {
      stories: retentionRule(retention.stories),
      revisions: retentionRule(retention.revisions),
      polls: retentionRule(retention.polls),
    },
    allowAddresses: written.allowAddresses,
    ...(written.token !== undefined && { token: written.token }),
    logLevel: written.log,
  };
}

const DAY_MS = 24 * 3_600_000;

function retentionRule({ days: kept, count: maxCount }: { days?: number; count?: number }): RetentionRule {
  return {
    ...(kept === undefined ? {} : { maxAgeMs: kept * DAY_MS }),
    ...(maxCount === undefined ? {} : { maxCount }),
  };
}

/** Nobody can visit "every address" of this machine: documents then name it as it calls itself. */
function defaultBaseUrl({ host, port }: ListenAddress): string {
  if (host === "0.0.0.0" || host === "::") return `http://localhost:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function resolveDatabase(written: DatabaseSettings | undefined, dataDir: string, cwd: string): DatabaseSettings {
  if (written === undefined) return { kind: "sqlite", path: join(dataDir, "storywire.db") };
  if (written.kind === "postgres" || written.path === ":memory:") return written;
  return { kind: "sqlite", path: resolve(cwd, written.path) };
}

async function readEnvironment(
  env: ConfigurationPlace["env"],
  cwd: string,
): Promise<{ readonly located: Located; readonly problems: readonly SettingsProblem[] }> {
  let value = {};
  const problems = [...portProblems(env)];
  for (const variable of settingVariables) {
    const text = await readVariable(variable, env, cwd);
    if (typeof text === "object") problems.push(text);
    else if (text !== undefined) value = overlay(value, nest(variable.path, typed(text, variable.as)));
  }
  return { located: { name: ENVIRONMENT, value, placeOf: () => ({}) }, problems };
}

/** `PORT` alone, as hosting platforms set it, changes the port and keeps the host. */
function withPort(listen: ListenAddress, env: ConfigurationPlace["env"]): ListenAddress {
  return env.PORT && !env.STORYWIRE_LISTEN ? { ...listen, port: Number(env.PORT) } : listen;
}

function portProblems(env: ConfigurationPlace["env"]): readonly SettingsProblem[] {
  const port = env.PORT;
  if (!port || (/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) return [];
  return [{ file: ENVIRONMENT, path: "PORT", value: JSON.stringify(port), wanted: "a port from 0 to 65535" }];
}

async function readVariable(
  { name, secret }: SettingVariable,
  env: ConfigurationPlace["env"],
  cwd: string,
): Promise<string | SettingsProblem | undefined> {
  const file = secret ? env[`${name}_FILE`] : undefined;
  if (!file) return env[name] || undefined;
  if (env[name]) return { file: ENVIRONMENT, path: `${name}_FILE`, wanted: `either ${name} or ${name}_FILE` };
  try {
    return (await readFile(resolve(cwd, file), "utf8")).trim();
  } catch {
    return { file: ENVIRONMENT, path: `${name}_FILE`, value: JSON.stringify(file), wanted: "a file that can be read" };
  }
}

function typed(text: string, as: SettingVariable["as"]): unknown {
  if (as === "list") return text.split(/[\s,]+/).filter((entry) => entry !== "");
  // What is no number, and neither true nor false, stays text, and is refused as such.
  if (as === "boolean" && (text === "true" || text === "false")) return text === "true";
  return as === "number" && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

function nest(path: Path, value: unknown): object {
  return Object(path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
}

/** Mappings are merged, anything else is replaced by what stands above. */
function overlay(below: unknown, above: unknown): object;
function overlay(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = key in merged ? overlay(merged[key], value) : value;
  return merged;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Relative to the working directory where it lies below it, else as it is. */
function shownPath(path: string, cwd: string): string {
  const shown = relative(cwd, path) || ".";
  return shown === ".." || shown.startsWith(`..${sep}`) ? path : shown;
}
