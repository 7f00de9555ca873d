import type { Feed, FieldPatterns } from "../model/feed.ts";
import type { Source, SourceId } from "../model/source.ts";
import type { Story } from "../model/story.ts";
import { compilePattern } from "./pattern.ts";

/** Decides whether a story belongs to a feed, by its content and its source's tags; compiled once per definition. */
export interface Selector {
  readonly feed: Feed;
  /** The configured sources it draws from; a feed that names none draws from every source, removed ones too. */
  readonly sourceIds: ReadonlySet<SourceId>;
  /** null: a source that is configured no longer. */
  drawsFrom(source: SourceId | null): boolean;
  matches(story: Story): boolean;
  /** When the entry leaves by age, milliseconds since 1970 UTC. */
  leavesAt(story: Story): number | undefined;
}

/** Compiles a feed's selection against the sources it may draw from. */
export function compileSelector(feed: Feed, sources: readonly Source[]): Selector {
  const { select } = feed;
  const named = new Set(select.sources);
  const tagged = new Set(select.tags);
  const fromAll = named.size === 0 && tagged.size === 0;
  const sourceIds = new Set(
    sources
      .filter((source) => fromAll || named.has(source.id) || source.tags.some((tag) => tagged.has(tag)))
      .map((source) => source.id),
  );
  const include = compileFields(select.include);
  const exclude = compileFields(select.exclude);
  const languages = select.languages.map((language) => language.toLowerCase());
  const drawsFrom = (source: SourceId | null) => fromAll || (source !== null && sourceIds.has(source));
  return {
    feed,
    sourceIds,
    drawsFrom,
    matches: (story) =>
      (drawsFrom(story.sourceId) || named.has(story.sourceId)) &&
      speaks(languages, story.language) &&
      (include.length === 0 || include.some((field) => field(story))) &&
      !exclude.some((field) => field(story)),
    leavesAt: (story) => (select.sinceMs === undefined ? undefined : story.publishedAt + select.sinceMs),
  };
}

/** `en` takes `en-GB`; a story that names no language is taken by every feed. */
function speaks(languages: readonly string[], language: string | undefined): boolean {
  if (languages.length === 0 || language === undefined) return true;
  const tag = language.toLowerCase();
  return languages.some((wanted) => tag === wanted || tag.startsWith(`${wanted}-`));
}

function compileFields(fields: FieldPatterns): readonly ((story: Story) => boolean)[] {
  return Object.entries(fields).map(([name, text]) => {
    const pattern = compilePattern(text);
    // The keys are FieldPatterns' own; Object.entries widens them to string.
    const valuesOf = FIELD_VALUES[name as keyof FieldPatterns];
    return (story: Story) => valuesOf(story).some((value) => pattern.test(value));
  });
}

/** The values a pattern of each field is tried on. */
export const FIELD_VALUES: Readonly<Record<keyof FieldPatterns, (story: Story) => readonly string[]>> = {
  title: (story) => [story.title],
  description: (story) => [story.summary ?? "", textOf(story.contentHtml)].filter((text) => text !== ""),
  author: (story) => story.authors.map((author) => author.name),
  category: (story) => [...story.tags, ...(story.section === undefined ? [] : [story.section])],
};

function textOf(html: string | undefined): string {
  return html === undefined ? "" : html.replace(/<[^<>]*>/g, " ");
}
