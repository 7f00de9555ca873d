import { RequestError } from "../errors.ts";
import { htmlToText } from "../html/text.ts";
import type { Story } from "../model/story.ts";
import { compileExpression, type Pattern } from "./pattern.ts";
import { FIELD_VALUES } from "./select.ts";

/** Characters of one expression. */
const EXPRESSION_CHARACTERS_MAX = 500;
/** Ten years; what is older nobody asks for by the second. */
const SECONDS_MAX = 315_360_000;
const LIMIT_MAX = 10_000;
const BRIEF_MIN = 100;
const BRIEF_MAX = 100_000;

const EXPRESSIONS = [
  "filter",
  "filter_author",
  "filter_category",
  "filter_description",
  "filter_title",
  "filterout",
  "filterout_author",
  "filterout_category",
  "filterout_description",
  "filterout_title",
] as const;

type ExpressionName = (typeof EXPRESSIONS)[number];

/** What a reader wants of a feed, as users of RSSHub say it in the query of its address. */
export interface ReaderQuery {
  /** Expressions by the parameter's name. */
  readonly expressions: Readonly<Partial<Record<ExpressionName, string>>>;
  /** `filter_case_sensitive`, of all expressions. Default true. */
  readonly isCaseSensitive: boolean;
  /** `filter_time`: stories published in so many seconds before now. */
  readonly seconds?: number;
  /** Entries at most. */
  readonly limit?: number;
  /** False: in the order in which stories came, not in which they were published. Default true. */
  readonly isSorted: boolean;
  /** Plain text of so many characters instead of summary and content. */
  readonly brief?: number;
}

/**
 * Reads a query. Unknown parameters, empty ones and all but the first of a name are as if they were not there.
 * RequestError `bad_parameter` (400).
 */
export function parseReaderQuery(parameters: URLSearchParams): ReaderQuery {
  const told = EXPRESSIONS.flatMap((name) => {
    const text = parameters.get(name) ?? "";
    if (text.length > EXPRESSION_CHARACTERS_MAX) {
      throw badParameter(name, `at most ${EXPRESSION_CHARACTERS_MAX} characters`);
    }
    return text === "" ? [] : [[name, text] as const];
  });
  // As in RSSHub, `filter` stands for all its forms.
  const hasFilter = told.some(([name]) => name === "filter");
  const expressions = told.filter(([name]) => !hasFilter || !name.startsWith("filter_"));
  const seconds = wholeNumber(parameters, "filter_time", { min: 1, max: SECONDS_MAX });
  const limit = wholeNumber(parameters, "limit", { min: 1, max: LIMIT_MAX });
  const brief = wholeNumber(parameters, "brief", { min: BRIEF_MIN, max: BRIEF_MAX });
  return {
    expressions: Object.fromEntries(expressions),
    isCaseSensitive: expressions.length === 0 || truth(parameters, "filter_case_sensitive"),
    ...(seconds === undefined ? {} : { seconds }),
    ...(limit === undefined ? {} : { limit }),
    isSorted: truth(parameters, "sorted"),
    ...(brief === undefined ? {} : { brief }),
  };
}

function truth(parameters: URLSearchParams, name: string): boolean {
  const text = (parameters.get(name) ?? "").toLowerCase();
  if (text === "" || text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw badParameter(name, "true or false");
}

function wholeNumber(
  parameters: URLSearchParams,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = parameters.get(name) ?? "";
  if (text === "") return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw badParameter(name, `a whole number, ${min} to ${max}`);
  return value;
}

function badParameter(name: string, wanted: string): RequestError {
  return new RequestError(`Cannot read the parameter ${name}; wanted: ${wanted}`, {
    code: "bad_parameter",
    status: 400,
  });
}

/** The query in the one way in which all that ask for the same ask for it; "" where nothing is asked for. */
export function canonicalQuery({ expressions, isCaseSensitive, seconds, limit, isSorted, brief }: ReaderQuery): string {
  const parameters = new URLSearchParams();
  if (brief !== undefined) parameters.set("brief", String(brief));
  for (const name of EXPRESSIONS) if (expressions[name] !== undefined) parameters.set(name, expressions[name]);
  if (!isCaseSensitive) parameters.set("filter_case_sensitive", "false");
  if (seconds !== undefined) parameters.set("filter_time", String(seconds));
  if (limit !== undefined) parameters.set("limit", String(limit));
  if (!isSorted) parameters.set("sorted", "false");
  return parameters.toString();
}

const MINUTE_MS = 60_000;

/** How often a document changes by age alone, in milliseconds; infinite where it does not. */
export function agesEveryMs({ seconds }: ReaderQuery): number {
  return seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(MINUTE_MS, Math.floor(seconds / 60) * 1000);
}

/**
 * The moment before which a story is too old for the query, in milliseconds since 1970 UTC; undefined where none is. It
 * moves by a sixtieth of the time asked for, by a minute at least: as often as a document changes by age alone.
 */
export function cutAt(query: ReaderQuery, now: number): number | undefined {
  const { seconds } = query;
  if (seconds === undefined) return undefined;
  const step = agesEveryMs(query);
  return Math.floor((now - seconds * 1000) / step) * step;
}

/** The stories of a feed that a query leaves. */
export interface Picked {
  readonly stories: readonly Story[];
  /** When the last story left by age, milliseconds since 1970 UTC. */
  readonly agedAt?: number;
}

/** Applies a query to a feed's stories; expressions that cannot be read are a RequestError `bad_parameter` (400). */
export function pickStories(query: ReaderQuery, stories: readonly Story[], cut: number | undefined): Picked {
  const wanted = compileFilters(query);
  const matching = stories.filter(wanted);
  const young = cut === undefined ? matching : matching.filter(({ publishedAt }) => publishedAt >= cut);
  const aged = matching.filter(({ publishedAt }) => cut !== undefined && publishedAt < cut);
  const ordered = query.isSorted ? young : young.toSorted(newestComer);
  const shown = ordered.slice(0, query.limit);
  return {
    stories: query.brief === undefined ? shown : shown.map((story) => shortened(story, query.brief ?? BRIEF_MAX)),
    ...(aged.length === 0 || query.seconds === undefined
      ? {}
      : { agedAt: Math.max(...aged.map(({ publishedAt }) => publishedAt)) + query.seconds * 1000 }),
  };
}

function newestComer(a: Story, b: Story): number {
  return b.firstSeenAt - a.firstSeenAt || a.position - b.position || (a.id < b.id ? -1 : 1);
}

type Judge = (story: Story) => boolean;
type Values = (story: Story) => readonly string[];

const { title, author, category } = FIELD_VALUES;

/** As in RSSHub, a story without text is judged by its title. */
const description: Values = (story) => {
  const values = FIELD_VALUES.description(story);
  return values.length > 0 ? values : title(story);
};

/** What each parameter looks at (RSSHub, middleware/parameter). */
const LOOKS_AT: Readonly<Record<ExpressionName, Values>> = {
  filter: (story) => [...title(story), ...description(story), ...author(story), ...category(story)],
  filter_author: author,
  filter_category: category,
  filter_description: description,
  filter_title: title,
  filterout: (story) => [...title(story), ...description(story)],
  filterout_author: author,
  filterout_category: category,
  filterout_description: description,
  filterout_title: title,
};

function compileFilters({ expressions, isCaseSensitive }: ReaderQuery): Judge {
  const judges = EXPRESSIONS.flatMap((name): readonly Judge[] => {
    const text = expressions[name];
    if (text === undefined) return [];
    const pattern = readExpression(name, text, isCaseSensitive);
    const valuesOf = LOOKS_AT[name];
    const wanted = !name.startsWith("filterout");
    return [(story) => valuesOf(story).some((value) => pattern.test(value)) === wanted];
  });
  return (story) => judges.every((judge) => judge(story));
}

function readExpression(name: string, text: string, isCaseSensitive: boolean): Pattern {
  try {
    return compileExpression(text, isCaseSensitive ? "" : "i");
  } catch (error) {
    if (error instanceof SyntaxError)
      throw badParameter(name, "a regular expression without look-around or back-references");
    throw error;
  }
}

/** The story with plain text of at most so many characters in the place of summary and content. */
function shortened(story: Story, charactersMax: number): Story {
  const { contentHtml, summaryHtml, summary, ...rest } = story;
  const text = htmlToText(contentHtml ?? summaryHtml ?? "") || summary || "";
  return text === "" ? rest : { ...rest, summary: cutText(text, charactersMax) };
}

/** Whole characters, never half of a pair. */
function cutText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return `${[...text.slice(0, charactersMax * 2)].slice(0, charactersMax).join("").trimEnd()}…`;
}
