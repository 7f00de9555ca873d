import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { SettingsProblem } from "../errors.ts";
import type { Source, SourceId } from "../model/source.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { check, problemAt } from "./problems.ts";
import { SecretValues, secret, secretReader } from "./secrets.ts";
import {
  converted,
  duration,
  fieldName,
  fieldValue,
  formatDuration,
  instant,
  line,
  selector,
  sourceId,
  tag,
  timeZone,
  webUrl,
} from "./values.ts";
import { type Checked, type Located, loadYamlFolder, type Path } from "./yaml.ts";

const ADDRESS = "an http, https or file: address";

const address = converted(ADDRESS, (text) => (isAddress(text.trim()) ? text.trim() : null)).meta({ title: "address" });

function isAddress(text: string): boolean {
  if (!/^(?:https?|file):/i.test(text)) return false;
  const url = URL.parse(text, "file:///");
  return url !== null && (url.protocol === "file:" ? url.host === "" && url.pathname !== "/" : url.hostname !== "");
}

const proxyUrl = converted("an http or https address of a proxy", (text) =>
  /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null,
).meta({ title: "address" });

const secretValue = secret(fieldValue, "text without line breaks and control characters");
const fields = z.record(fieldName, secretValue);

/** Where the parts of a listed story stand. */
const partSelectors = {
  title: selector.exactOptional().meta({ description: "Within an item: its title.", examples: ["h3"] }),
  link: selector
    .exactOptional()
    .meta({ description: "Within an item: the element with its address.", examples: ["h3 a"] }),
  date: selector.exactOptional().meta({ description: "Within an item: its date.", examples: ["time"] }),
  image: selector.exactOptional().meta({ description: "Within an item: its picture.", examples: ["img"] }),
  summary: selector.exactOptional().meta({ description: "Within an item: its standfirst.", examples: ["p.teaser"] }),
  next: selector.exactOptional().meta({ description: "The link to the next page.", examples: ["a[rel=next]"] }),
};

const itemSelector = selector.meta({ description: "Selector of one listed story.", examples: ["main li.story"] });

const listingSchema = z
  .strictObject({
    items: z
      .union([selector, z.strictObject({ item: itemSelector, ...partSelectors })], {
        error:
          "auto, a CSS selector, or a mapping of item and further selectors (title, link, date, image, summary, next)",
      })
      .prefault("auto")
      .meta({
        title: "selector or mapping",
        description:
          "`auto`: the blocks are found by their structure. Else the selector of one listed story, or a mapping of all selectors: `item` and those below.",
        examples: ["main li.story"],
      }),
    item: itemSelector.exactOptional(),
    ...partSelectors,
    heading: line.exactOptional().meta({
      description: "Take the block under this heading. Absent: the best block.",
      examples: ["More stories"],
    }),
    follow: z
      .boolean()
      .prefault(false)
      .meta({ description: "Visit each new story's own page once and merge it over the listed item." }),
  })
  .prefault({})
  .meta({ description: "How a page that lists stories is read; the values are CSS selectors." });

const ruleCount = (source: object) => ["every", "cron", "adaptive"].filter((key) => key in source).length;

/** One source as operators write it. */
export const sourceSchema = z
  .strictObject({
    id: sourceId.meta({
      description:
        "Name of the source in addresses and on the command line. Stories belong to it: change the address freely, never the id.",
      examples: ["example-politics"],
    }),
    url: secret(address, ADDRESS).meta({
      title: "address",
      description:
        "What is visited: http, https, or `file:` (relative to the files folder). User and password in it are taken as `auth`; what its query holds is shown nowhere.",
      examples: ["https://news.example/politics", "file:sample/front.html"],
    }),
    kind: z.enum(["auto", "feed", "page", "listing"]).prefault("auto").meta({
      description:
        "What the address holds: a feed document, the page of one article, a page that lists stories; `auto` finds out.",
    }),
    title: line
      .exactOptional()
      .meta({ description: "Name of the source towards readers. Absent: what it calls itself." }),
    every: duration.exactOptional().meta({
      description: "Time between visits; at least `polling.minimum`. Absent: `polling.every`.",
      examples: ["15m"],
    }),
    cron: line.exactOptional().meta({
      description: "Instead of `every`: when to visit, in the source's time zone.",
      examples: ["*/15 * * * *"],
    }),
    adaptive: z
      .strictObject({
        min: duration.meta({
          description: "Shortest time between visits; at least `polling.minimum`.",
          examples: ["10m"],
        }),
        max: duration.meta({ description: "Longest time between visits.", examples: ["1d"] }),
      })
      .refine(({ min, max }) => min <= max, { error: "a max that is not below min", path: ["max"] })
      .exactOptional()
      .meta({
        description: "Instead of `every`: visit as often as the source brings stories, within these bounds.",
      }),
    timeZone: timeZone.prefault("UTC").meta({
      description: "IANA zone in which days and times without a zone are read.",
      examples: ["America/New_York"],
    }),
    tags: z.array(tag).max(64).prefault([]).meta({ description: "Tags for all its stories; feeds select by them." }),
    listing: listingSchema,
    page: z
      .strictObject({
        more: z.boolean().prefault(true).meta({ description: 'An article page also yields its "more stories" block.' }),
      })
      .prefault({})
      .meta({ description: "How the page of an article is read." }),
    headers: fields.prefault({}).meta({
      description: "Further request fields; never sent to another origin.",
      examples: [{ "X-Api-Key": { file: "/run/secrets/news-key" } }],
    }),
    cookies: fields
      .prefault({})
      .meta({ description: "Cookies by name; never sent to another origin.", examples: [{ consent: "yes" }] }),
    auth: z
      .union(
        [
          z.strictObject({
            username: secretValue.meta({ description: "User for HTTP Basic." }),
            password: secretValue.meta({ description: "Password for HTTP Basic." }),
          }),
          z.strictObject({ bearer: secretValue.meta({ description: "Bearer token." }) }),
        ],
        { error: "either username and password, or bearer" },
      )
      .exactOptional()
      .meta({
        description: "Credentials: `username` and `password`, or `bearer`. Never sent to another origin.",
        examples: [{ username: "me", password: { file: "/run/secrets/news" } }],
      }),
    userAgent: fieldValue.min(1).exactOptional().meta({ description: "Instead of our own user agent." }),
    proxy: secret(proxyUrl, "an http or https address of a proxy")
      .exactOptional()
      .meta({
        title: "address",
        description: "Proxy for this source.",
        examples: ["http://proxy.example:3128"],
      }),
    robots: z.boolean().prefault(true).meta({ description: "Whether the robots.txt of a page's host is obeyed." }),
    identity: z.enum(["guid", "url", "digest"]).exactOptional().meta({
      description: "What tells its stories apart. Absent: learnt from what the source does.",
    }),
    paused: z.boolean().prefault(false).meta({ description: "Not visited; its stories stay." }),
    capturedAt: instant.exactOptional().meta({
      description: 'For files: the moment that "2 days ago" counts from. Absent: the time of the visit.',
      examples: ["2025-10-17T12:00:00Z"],
    }),
    documentUrl: webUrl.exactOptional().meta({
      description: "For files: the address the document had; its links start from there.",
      examples: ["https://news.example/politics"],
    }),
    contentType: fieldValue
      .min(1)
      .exactOptional()
      .meta({
        description: "For files: the media type. Absent: by name and content.",
        examples: ["text/html; charset=utf-8"],
      }),
  })
  .refine((source) => ruleCount(source) <= 1, { error: "only one of every, cron and adaptive" })
  .meta({ title: "Storywire: one source", description: "One address that is visited." });

type WrittenFields = z.output<typeof sourceSchema>;

/** The same with its secrets read. */
type SourceFields = Omit<WrittenFields, "url" | "proxy" | "headers" | "cookies" | "auth"> &
  Pick<Source, "headers" | "cookies" | "auth" | "proxy"> & { readonly url: string };

export interface SourceContext {
  /** Relative files that hold secrets are read from here. */
  readonly cwd: string;
  readonly shownFolder: string;
  readonly filesRoot: string;
  /** Default rhythm and least time between visits. */
  readonly everyMs: number;
  readonly minimumMs: number;
  readonly validateCron?: (expression: string) => boolean;
  readonly validateSelector?: (selector: string) => boolean;
}

/**
 * Reads a folder of sources. A file holds one source or a list of them; no folder or an empty one means no source.
 * Complaints beside those of the schema: an id given twice, a rhythm below the minimum, cron expressions and selectors
 * that cannot be read, credentials given twice.
 */
export async function loadSources(folder: string, context: SourceContext): Promise<Checked<readonly Source[]>> {
  const { files, problems: unread } = (await loadYamlFolder(folder, context.shownFolder)) ?? {
    files: [],
    problems: [],
  };
  const problems = [...unread];
  const sources: Source[] = [];
  const places = new Map<SourceId, () => string>();
  for (const file of files) {
    for (const path of entryPaths(file.value)) {
      const checked = check(sourceSchema, file, path);
      if ("problems" in checked) {
        problems.push(...checked.problems);
        continue;
      }
      const fields = await withSecrets(checked.value, file, path, context.cwd);
      if ("problems" in fields) {
        problems.push(...fields.problems);
        continue;
      }
      problems.push(...furtherProblems(fields, file, path, context));
      const first = places.get(fields.id);
      if (first === undefined) places.set(fields.id, () => placeName(file, path));
      else problems.push(problemAt(file, [...path, "id"], `an id of its own (first used at ${first()})`));
      sources.push(toSource(fields, context));
    }
  }
  return problems.length > 0 ? { problems } : { value: sources };
}

async function withSecrets(
  { url, proxy, headers, cookies, auth, ...rest }: WrittenFields,
  file: Located,
  path: Path,
  cwd: string,
): Promise<SourceFields | { readonly problems: readonly SettingsProblem[] }> {
  const secrets = new SecretValues(file, secretReader(cwd));
  const read = {
    ...rest,
    url: await secrets.of(url, [...path, "url"], address),
    headers: await secrets.ofAll(headers, [...path, "headers"], fieldValue),
    cookies: await secrets.ofAll(cookies, [...path, "cookies"], fieldValue),
    ...(proxy === undefined ? {} : { proxy: await secrets.of(proxy, [...path, "proxy"], proxyUrl) }),
    ...(auth === undefined ? {} : { auth: await readAuth(auth, secrets, [...path, "auth"]) }),
  };
  return secrets.problems.length > 0 ? { problems: secrets.problems } : read;
}

async function readAuth(
  auth: NonNullable<WrittenFields["auth"]>,
  secrets: SecretValues,
  path: Path,
): Promise<NonNullable<Source["auth"]>> {
  if ("bearer" in auth) return { bearer: await secrets.of(auth.bearer, [...path, "bearer"], fieldValue) };
  return {
    username: await secrets.of(auth.username, [...path, "username"], fieldValue),
    password: await secrets.of(auth.password, [...path, "password"], fieldValue),
  };
}

function entryPaths(value: unknown): readonly Path[] {
  if (value === null) return [];
  return Array.isArray(value) ? value.map((_, index) => [index]) : [[]];
}

function placeName(file: Located, path: Path): string {
  const { line = 1 } = file.placeOf([...path, "id"], "value");
  return `${file.name}:${line}`;
}

function furtherProblems(
  fields: SourceFields,
  file: Located,
  path: Path,
  { minimumMs, validateCron, validateSelector }: SourceContext,
): readonly SettingsProblem[] {
  const problem = (keys: Path, wanted: string) => problemAt(file, [...path, ...keys], wanted);
  const problems: SettingsProblem[] = [];
  const tooOften = `at least polling.minimum (${formatDuration(minimumMs)})`;
  if (fields.every !== undefined && fields.every < minimumMs) problems.push(problem(["every"], tooOften));
  if (fields.adaptive !== undefined && fields.adaptive.min < minimumMs) {
    problems.push(problem(["adaptive", "min"], tooOften));
  }
  if (fields.cron !== undefined && validateCron?.(fields.cron) === false) {
    problems.push(problem(["cron"], "a cron expression such as */15 * * * *"));
  }
  for (const [keys, text] of listingSelectors(fields.listing)) {
    if (validateSelector?.(text) === false) problems.push(problem(["listing", ...keys], "a CSS selector"));
  }
  if (fields.listing.item !== undefined && fields.listing.items !== "auto") {
    problems.push(problem(["listing", "item"], "the selector of a story once: in item, or in items"));
  }
  if (fields.auth !== undefined && splitCredentials(new URL(fields.url, "file:///")).auth !== undefined) {
    problems.push(problem(["auth"], "credentials once: in auth, or in url"));
  }
  return problems;
}

const SELECTOR_KEYS = ["item", "title", "link", "date", "image", "summary", "next"] as const;

/** Every selector of a listing, with the keys under which it stands. */
function listingSelectors(listing: SourceFields["listing"]): readonly (readonly [Path, string])[] {
  const { items } = listing;
  const inner: Readonly<Partial<Record<(typeof SELECTOR_KEYS)[number], string>>> =
    typeof items === "object" ? items : {};
  return [
    ...(typeof items === "string" && items !== "auto" ? [[["items"], items] as const] : []),
    ...SELECTOR_KEYS.flatMap((key) => {
      const [outer, own] = [listing[key], inner[key]];
      return [
        ...(outer === undefined ? [] : [[[key], outer] as const]),
        ...(own === undefined ? [] : [[["items", key], own] as const]),
      ];
    }),
  ];
}

/** The one way in which the rest of the program knows them: `items` is the selector of a story, absent for `auto`. */
function toListing({ items, item: named, ...selectors }: SourceFields["listing"]): Source["listing"] {
  const { item, ...inner } = typeof items === "object" ? items : { item: items === "auto" ? named : items };
  return { ...(item === undefined ? {} : { items: item }), ...selectors, ...inner };
}

function toSource(fields: SourceFields, context: SourceContext): Source {
  const { every, cron, adaptive, listing, page, url: written, ...rest } = fields;
  const root = pathToFileURL(join(context.filesRoot, "/"));
  return {
    ...rest,
    ...splitCredentials(new URL(written, root)),
    rhythm: toRhythm(fields, context.everyMs),
    listing: toListing(listing),
    more: page.more,
  };
}

function toRhythm({ every, cron, adaptive }: SourceFields, everyMs: number): Source["rhythm"] {
  if (cron !== undefined) return { kind: "cron", expression: cron };
  if (adaptive !== undefined) return { kind: "adaptive", minMs: adaptive.min, maxMs: adaptive.max };
  return { kind: "every", everyMs: every ?? everyMs };
}

/** Takes user and password out of an address (RFC 3986 §3.2.1), so that it can be shown. */
function splitCredentials(url: URL): Pick<Source, "url" | "auth"> {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  // The cast is the proof: the schema let http, https and file pass, and URL parsed it.
  const address = bare.href as AbsoluteUrl;
  if (url.username === "" && url.password === "") return { url: address };
  return { url: address, auth: { username: decodePart(url.username), password: decodePart(url.password) } };
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
