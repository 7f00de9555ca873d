import { basename, extname } from "node:path";
import { z } from "zod";
import type { SettingsProblem } from "../errors.ts";
import type { Feed, FeedSlug, FieldPatterns } from "../model/feed.ts";
import type { SourceId } from "../model/source.ts";
import { COMPLAINTS_MAX, check, findNearest, problemAt } from "./problems.ts";
import { duration, feedSlug, language, line, sourceId, tag, textPattern } from "./values.ts";
import { type Checked, type Located, loadYamlFolder, missingFolder } from "./yaml.ts";

const patterns = (description: string) =>
  z
    .strictObject({
      title: textPattern.exactOptional().meta({ description: "In the title.", examples: ["/senate|congress/i"] }),
      description: textPattern.exactOptional().meta({ description: "In the summary or the content." }),
      author: textPattern.exactOptional().meta({ description: "In an author's name." }),
      category: textPattern.exactOptional().meta({ description: "In a section or a tag." }),
    })
    .prefault({})
    .meta({ description });

const selectionSchema = z
  .strictObject({
    sources: z
      .array(sourceId)
      .max(10_000)
      .prefault([])
      .meta({
        description: "Ids of the sources whose stories are taken; empty: of all.",
        examples: [["example-politics"]],
      }),
    tags: z
      .array(tag)
      .max(256)
      .prefault([])
      .meta({ description: "Stories of the sources with one of these tags, beside those named; empty: of all." }),
    include: patterns("Stories in which one of these patterns is found: words, or `/regular expression/flags`."),
    exclude: patterns("Not the stories in which one of these patterns is found."),
    since: duration.exactOptional().meta({
      description: "Only stories published at most this long ago.",
      examples: ["30d"],
    }),
    languages: z
      .array(language)
      .max(64)
      .prefault([])
      .meta({
        description: "Stories in one of these languages (BCP 47); empty: all.",
        examples: [["en"]],
      }),
  })
  .prefault({})
  .meta({ description: "Which stories the feed shows; `{}` selects all." });

/** One published feed as operators write it; the file's name is its slug. */
export const feedSchema = z
  .strictObject({
    title: line.meta({ description: "Title of the feed.", examples: ["Top stories"] }),
    description: line
      .exactOptional()
      .meta({ description: "What it holds, in a sentence. Absent: made of the titles." }),
    language: language
      .exactOptional()
      .meta({ description: "Language of the feed (BCP 47). Absent: `service.language`." }),
    formerly: z
      .array(feedSlug)
      .max(64)
      .prefault([])
      .meta({
        description: "Slugs it had before; they answer 301.",
        examples: [["headlines"]],
      }),
    select: selectionSchema,
    limit: z.int().min(1).max(10_000).prefault(50).meta({ description: "How many stories it shows, newest first." }),
    ttl: duration
      .refine((ms) => ms >= 60_000 && ms <= 366 * 86_400_000, { error: "a duration from 1m to 366d" })
      .exactOptional()
      .meta({
        description:
          "How long readers may keep the RSS document before they ask again (`ttl`, `sy:updatePeriod`). Absent: the shortest `every` of its sources.",
        examples: ["1h"],
      }),
    content: z.enum(["full", "summary"]).prefault("full").meta({ description: "Whole stories, or their summaries." }),
    duplicates: z.enum(["all", "first"]).prefault("all").meta({
      description: "`first`: of the same story from several sources only one entry.",
    }),
    access: z.enum(["public", "token"]).prefault("public").meta({
      description: "Whether readers need a token.",
    }),
  })
  .meta({ title: "Storywire: one feed", description: "feeds/<slug>.yaml: one published feed." });

export interface FeedContext {
  readonly shownFolder: string;
  /** The sources there are; null where they are not known. */
  readonly sourceIds: ReadonlySet<SourceId> | null;
  /** The tags that sources have; null where they are not known. */
  readonly sourceTags: ReadonlySet<string> | null;
  readonly validatePattern?: (pattern: string) => boolean;
}

/**
 * Reads a folder of feeds; an empty one means nothing to publish, a missing one is refused (its feeds would answer 410).
 * Complaints beside those of the schema: file names that are no slug, slugs and former slugs claimed twice, sources that
 * do not exist, tags that no source has, patterns that cannot be read.
 */
export async function loadFeeds(folder: string, context: FeedContext): Promise<Checked<readonly Feed[]>> {
  const read = await loadYamlFolder(folder, context.shownFolder);
  if (read === null) return { problems: [missingFolder(context.shownFolder, "a folder with one file for each feed")] };
  const problems = [...read.problems];
  const loaded: { readonly feed: Feed; readonly file: Located }[] = [];
  for (const file of read.files) {
    const checked = toFeed(file);
    if ("problems" in checked) problems.push(...checked.problems);
    else loaded.push({ feed: checked.value, file });
  }
  for (const { feed, file } of loaded) {
    problems.push(
      ...unknownSources(feed, file, context.sourceIds),
      ...selectsNothing(feed, file, context.sourceTags),
      ...badPatterns(feed, file, context),
    );
  }
  problems.push(...slugClashes(loaded));
  return problems.length > 0 ? { problems } : { value: loaded.map(({ feed }) => feed) };
}

function toFeed(file: Located): Checked<Feed> {
  const name = basename(file.name, extname(file.name));
  const slug = check(feedSlug, { name: file.name, value: name, placeOf: () => ({}) }, []);
  const checked = check(feedSchema, file.value === null ? { ...file, value: {} } : file, []);
  const problems = [
    ...("problems" in slug ? slug.problems.map((problem) => ({ ...problem, path: "the file's name" })) : []),
    ...("problems" in checked ? checked.problems : []),
  ];
  if ("problems" in slug || "problems" in checked) return { problems };
  const { select, ttl, ...rest } = checked.value;
  const { since, ...selection } = select;
  return {
    value: {
      slug: slug.value,
      ...rest,
      ...(ttl !== undefined && { ttlMs: ttl }),
      select: { ...selection, ...(since !== undefined && { sinceMs: since }) },
    },
  };
}

function unknownSources(feed: Feed, file: Located, known: ReadonlySet<SourceId> | null): readonly SettingsProblem[] {
  if (known === null) return [];
  const unknown = [...feed.select.sources.entries()].filter(([, id]) => !known.has(id));
  return unknown.slice(0, COMPLAINTS_MAX).map(([index, id]) => {
    const nearest = findNearest(id, known);
    const wanted = nearest === null ? "the id of a source" : `the id of a source, such as ${nearest}`;
    return problemAt(file, ["select", "sources", index], wanted);
  });
}

/** A feed that goes by tags alone, none of which any source has, would never show a story. */
function selectsNothing(
  { select }: Feed,
  file: Located,
  known: ReadonlySet<string> | null,
): readonly SettingsProblem[] {
  const { sources, tags } = select;
  const [first] = tags;
  if (known === null || first === undefined || sources.length > 0 || tags.some((one) => known.has(one))) return [];
  const nearest = findNearest(first, known);
  const wanted = nearest === null ? "the tag of a source" : `the tag of a source, such as ${nearest}`;
  return [problemAt(file, ["select", "tags", 0], `${wanted}: the feed selects nothing`)];
}

function badPatterns(feed: Feed, file: Located, { validatePattern }: FeedContext): readonly SettingsProblem[] {
  const judge = (group: "include" | "exclude", patterns: FieldPatterns) =>
    Object.entries(patterns)
      .filter(([, pattern]) => validatePattern?.(pattern) === false)
      .map(([field]) =>
        problemAt(
          file,
          ["select", group, field],
          "a linear-time regular expression: no look-around, no back-references",
        ),
      );
  return [...judge("include", feed.select.include), ...judge("exclude", feed.select.exclude)];
}

/** A slug, present or former, belongs to one feed. */
function slugClashes(loaded: readonly { readonly feed: Feed; readonly file: Located }[]): readonly SettingsProblem[] {
  const owners = new Map<FeedSlug, string>();
  const problems: SettingsProblem[] = [];
  for (const { feed, file } of loaded) {
    const owner = owners.get(feed.slug);
    if (owner === undefined) owners.set(feed.slug, file.name);
    else
      problems.push({
        file: file.name,
        path: "the file's name",
        value: JSON.stringify(feed.slug),
        wanted: `a slug that ${owner} has not`,
      });
  }
  for (const { feed, file } of loaded) {
    for (const [index, slug] of feed.formerly.entries()) {
      const owner = owners.get(slug);
      if (owner === undefined) owners.set(slug, file.name);
      else problems.push(problemAt(file, ["formerly", index], `a slug that no feed has (${owner} has it)`));
    }
  }
  return problems;
}
