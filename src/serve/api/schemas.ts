import { z } from "zod";
import { correctable } from "../../model/correction.ts";

/*
 * What the API answers, as zod schemas: the description is made of them, and tests hold each answer of a running service
 * against them. Objects hold no other fields than these.
 */

const instant = z.string().meta({ format: "date-time", description: "RFC 3339 in UTC" });
const count = z.int().min(0);

const fault = z.object({ code: z.string(), message: z.string(), item: z.int().optional() });

const poll = z
  .object({
    id: z.string(),
    at: instant,
    outcome: z.enum(["new", "unchanged", "not_modified", "failed", "suspect"]),
    code: z
      .string()
      .optional()
      .meta({ description: "Stable code of the error, or of the guard's rule; see docs/errors.md" }),
    message: z.string().optional(),
    httpStatus: z.int().optional(),
    finalUrl: z.string().optional().meta({ description: "Where redirects led; values of its query are left out" }),
    stories: z.object({ seen: count, new: count, updated: count }),
    durationMs: z.number(),
    stageMs: z.record(z.string(), z.number()).optional().meta({ description: "Milliseconds by stage" }),
    wireBytes: count.optional(),
    faults: z.array(fault).optional().meta({ description: "What of the document was left out or mended" }),
  })
  .meta({ description: "The record of one visit to a source" });

const source = z
  .object({
    id: z.string(),
    state: z.enum(["ok", "failing", "suspect", "paused", "pending"]),
    lastPoll: poll.optional(),
    failures: count.meta({ description: "Failed visits in a row" }),
    failingSince: instant.optional(),
    pausedAt: instant.optional().meta({
      description: "Since when you want no visits; absent where the file says so, or the source is gone (410)",
    }),
    nextPollAt: instant.optional(),
  })
  .meta({ description: "How a source is doing" });

const feed = z
  .object({
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    language: z.string(),
    access: z.enum(["public", "token"]),
    updatedAt: instant.optional().meta({ description: "Newest change; absent while the feed holds no story" }),
    entries: count.meta({ description: "Entries of its documents" }),
    sources: z.array(z.string()).meta({ description: "Sources it draws from" }),
    formerly: z.array(z.string()),
    urls: z
      .object({ rss: z.string(), atom: z.string(), json: z.string(), html: z.string() })
      .meta({ description: "Its addresses; a feed with access: token needs its token beside them" }),
  })
  .meta({ description: "A published feed" });

const interval = z
  .object({
    from: instant.optional(),
    to: instant,
    precision: z.enum(["exact", "day", "relative", "first-seen"]),
    origin: z.string(),
    text: z.string().optional(),
  })
  .meta({ description: "What is known of a date, who said so, and in which words" });

const author = z.object({ name: z.string(), url: z.string().optional(), email: z.string().optional() });

const image = z.object({
  url: z.string().optional(),
  alt: z.string().optional(),
  caption: z.string().optional(),
  credit: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  role: z.enum(["lead", "inline"]),
});

const enclosure = z.object({
  url: z.string(),
  type: z.string().optional(),
  lengthBytes: z.number().optional(),
  durationSeconds: z.number().optional(),
});

const date = z.string().meta({ description: "RFC 3339 instant in UTC, or YYYY-MM-DD where only the day is known" });

const story = z
  .object({
    id: z.string(),
    sourceId: z.string(),
    kind: z.enum(["article", "listed", "entry"]),
    guid: z.string().optional(),
    url: z.string().optional(),
    canonicalUrl: z.string().optional(),
    title: z.string(),
    summary: z.string().optional(),
    summaryHtml: z.string().optional(),
    description: z.string().optional(),
    contentHtml: z.string().optional(),
    authors: z.array(author),
    section: z.string().optional(),
    tags: z.array(z.string()),
    language: z.string().optional(),
    images: z.array(image),
    enclosures: z.array(enclosure),
    rights: z.string().optional(),
    published: date,
    updated: date.optional(),
    dates: z.object({ published: interval.optional(), updated: interval.optional() }),
    firstSeenAt: instant,
    lastSeenAt: instant,
    revision: z.int().min(1),
    contentDigest: z.string(),
    withdrawnAt: instant.optional(),
  })
  .meta({ description: "A story as it is held" });

const key = z.object({ kind: z.enum(["guid", "url", "digest"]), key: z.string() });

const historyFields = {
  origins: z.record(z.string(), z.string()).meta({ description: "Who said what, by field" }),
  keys: z.array(key).meta({ description: "What the story is recognised by" }),
  revisions: z.array(z.object({ revision: z.int().min(1), at: instant, changed: z.array(z.string()) })),
  sightings: z.array(
    z.object({
      field: z.string(),
      text: z.string(),
      rule: z.string(),
      at: instant,
      poll: z.string(),
      interval: interval.optional(),
    }),
  ),
  corrections: z
    .partialRecord(z.enum(correctable), z.object({ at: instant, was: z.record(z.string(), z.unknown()) }))
    .meta({ description: "Fields that an operator corrected, and what stood there before" }),
  retractedAt: instant.optional().meta({ description: "Since when an operator has withdrawn it" }),
};

const storyRecord = story
  .extend({ ...historyFields, feeds: z.array(z.string()).meta({ description: "Slugs of the feeds that show it" }) })
  .meta({ description: "A story with its ledger and history" });

const explanation = z
  .object({
    asked: z.string(),
    stories: z.array(
      story
        .extend({
          ...historyFields,
          held: z.object({ digest: z.string(), times: z.int(), rule: z.string() }).optional(),
          feeds: z.array(z.object({ slug: z.string(), shown: z.boolean(), rule: z.string() })),
        })
        .meta({ description: "A story, and of every feed why it shows the story or does not" }),
    ),
    deleted: z.array(z.object({ id: z.string(), source: z.string(), deletedAt: instant, rule: z.string() })),
    sources: z
      .array(
        z.object({
          id: z.string(),
          url: z.string(),
          paused: z.boolean().optional(),
          polls: z.array(poll),
          rule: z.string(),
        }),
      )
      .meta({ description: "Where nothing is known of an address: the sources of its host, and their visits" }),
  })
  .meta({ description: "Why a story is what it is, or why an address yielded none" });

const fileState = z
  .enum(["applied", "pending", "planning", "bad_settings", "needs_restart", "internal"])
  .meta({ description: "Whether the files are what runs, else why not" });

const overview = z
  .object({
    configuration: fileState.optional(),
    counts: z.record(z.string(), count).meta({ description: "Sources by state" }),
    troubled: z.array(source).meta({ description: "Sources that fail or are suspect, the longest first; at most 20" }),
    nextPolls: z.array(z.object({ source: z.string(), at: instant })),
    newestStories: z.array(
      z.object({
        id: z.string(),
        source: z.string(),
        title: z.string(),
        firstSeenAt: instant,
        url: z.string().optional(),
      }),
    ),
    feeds: count,
    disk: z
      .object({
        databaseBytes: count,
        stories: count.optional().meta({ description: "About how many there are; absent until they were counted" }),
        sources: z.array(z.object({ id: z.string(), stories: count, bytes: count, measuredAt: instant })),
      })
      .meta({ description: "What the database takes, and the ten sources that take most; measured every six hours" }),
  })
  .meta({ description: "The service at a glance" });

const settingsProblem = z.object({
  file: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
  path: z.string(),
  value: z.string().optional(),
  wanted: z.string(),
});

const surprise = z.object({
  feed: z.string().optional(),
  source: z.string().optional(),
  code: z.enum(["ids_change", "dates_move", "unreadable", "appear", "vanish", "change"]),
  count,
  message: z.string(),
});

const configurationState = z
  .object({
    state: fileState,
    digest: z.string().meta({ description: "Of the configuration that runs" }),
    appliedAt: instant.optional(),
    problems: z.array(settingsProblem).optional().meta({ description: "What is wrong in the files" }),
    settings: z.array(z.string()).optional().meta({ description: "Settings that only a start takes over" }),
    pending: z
      .object({
        digest: z.string(),
        since: instant,
        sources: z.array(z.string()),
        feeds: z.array(z.string()),
        surprises: z.array(surprise),
      })
      .optional()
      .meta({ description: "A change that waits to be applied, and why" }),
  })
  .meta({ description: "What runs, and what of the files does not" });

const plannedItem = z.object({ id: z.string(), title: z.string(), url: z.string().optional(), published: instant });

const effects = {
  appear: z.array(plannedItem),
  vanish: z.array(plannedItem),
  changeId: z.array(z.object({ from: z.string(), to: z.string(), title: z.string() })),
  redate: z.array(z.object({ id: z.string(), title: z.string(), from: instant, to: instant.optional() })),
  update: z.array(z.object({ id: z.string(), title: z.string(), fields: z.array(z.string()) })),
};

const plan = z
  .object({
    digest: z.string().meta({ description: "Of what the files say" }),
    applied: z.string().optional().meta({ description: "Digest of what was accepted last" }),
    appliedAt: instant.optional(),
    isCurrent: z.boolean().meta({ description: "The files say what was accepted: nothing to do" }),
    isSurprising: z.boolean().meta({ description: "Somebody has to say yes" }),
    surprises: z.array(surprise),
    sources: z.array(
      z.object({
        id: z.string(),
        change: z.enum(["added", "removed", "changed"]),
        fields: z.array(z.string()),
        replay: z.enum(["replayed", "never_visited", "no_body", "unread", "suspect", "none"]),
        code: z.string().optional(),
        message: z.string().optional(),
        fetchedAt: instant
          .optional()
          .meta({ description: "When the document was fetched that the change was tried on" }),
        seen: count.optional(),
        ...effects,
      }),
    ),
    feeds: z.array(
      z.object({
        slug: z.string(),
        change: z.enum(["added", "removed", "changed", "same"]),
        formerly: z.string().optional(),
        fields: z.array(z.string()),
        entries: z.object({ before: count, after: count }),
        ...effects,
      }),
    ),
  })
  .meta({ description: "What the files would change, by source and feed" });

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string().optional().meta({ description: "Stable; see docs/errors.md" }),
  })
  .meta({ description: "What went wrong (RFC 9457)" });

/** Schemas by the names under which the description holds them: where one is used in another, it is a reference. */
export const components = {
  overview,
  source,
  poll,
  feed,
  story,
  storyRecord,
  explanation,
  configurationState,
  plan,
  problem,
} as const;

// zod writes what has an id as a reference.
for (const [id, schema] of Object.entries(components)) z.globalRegistry.add(schema, { ...schema.meta(), id });
