import { isDeepStrictEqual } from "node:util";
import { RequestError } from "../errors.ts";
import { htmlToText, sanitize } from "../html/sanitize.ts";
import type { CorrectableField, Corrections, StoryPatch } from "../model/correction.ts";
import { type DateInterval, settleDate } from "../model/date.ts";
import type { Story } from "../model/story.ts";
import { instantOf } from "../model/zone.ts";
import { contentDigest } from "../normalize/digest.ts";
import type { Membership, StoryCorrection } from "../store/store.ts";
import { cleanLine } from "../text/clean.ts";

export interface CorrectionInput {
  readonly story: Story;
  readonly corrections: Corrections;
  readonly patch: StoryPatch;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  /** IANA zone of the story's source: days are read in it. */
  readonly timeZone: string;
  /** Which feeds a story enters. */
  readonly membershipsOf: (story: Story) => readonly Membership[];
}

/** Longest one-line texts and contents, in code units; as what sources say is cut. */
const TEXT_MAX = 10_000;
const DAY_MS = 86_400_000;

/** Fields of the record that one correction stands for. */
const FIELDS: Readonly<Record<CorrectableField, readonly (keyof Story)[]>> = {
  title: ["title"],
  summary: ["summary", "summaryHtml"],
  contentHtml: ["contentHtml"],
  url: ["url"],
  published: ["publishedAt", "publishedDay", "dates"],
  authors: ["authors"],
  section: ["section"],
  tags: ["tags"],
  language: ["language"],
  images: ["images"],
  rights: ["rights"],
};

const MATERIAL = ["title", "summary", "summaryHtml", "contentHtml"] as const;

/**
 * What an operator's patch makes of a story; null where it changes nothing. Pure. `updated` and the revision move where
 * title, summary or content change materially (DESIGN.md, Dates); the published instant moves only by such a word.
 * RequestError `bad_correction` for a date that cannot be read, or lies in the future.
 */
export function planCorrection(input: CorrectionInput): StoryCorrection | null {
  const { story, corrections, patch, now } = input;
  let next = story;
  const kept: { -readonly [field in keyof Corrections]: Corrections[field] } = { ...corrections };
  let reread = false;
  for (const field of Object.keys(FIELDS) as readonly CorrectableField[]) {
    const value = patch[field];
    const held = kept[field];
    if (value === undefined || (value === null && held === undefined)) continue;
    if (value === null) {
      delete kept[field];
      reread = true;
      next = replaced(next, field, held?.was ?? {});
    } else {
      kept[field] = { was: held?.was ?? pick(next, FIELDS[field]), at: now };
      next = replaced(next, field, said(field, input));
    }
  }
  const isSame = isDeepStrictEqual(next, story);
  if (isSame && isDeepStrictEqual(Object.keys(kept), Object.keys(corrections))) return null;
  const { result, changed } = revised(story, next, now);
  const memberships = result.withdrawnAt === undefined ? input.membershipsOf(result) : [];
  return { story: result, corrections: kept, changed, reread, memberships, now };
}

/** A material change is a revision; any other leaves `updated` where it is. */
function revised(
  before: Story,
  after: Story,
  now: number,
): { readonly result: Story; readonly changed: readonly string[] } {
  const digest = contentDigest(after);
  const changed = digest === before.contentDigest ? [] : MATERIAL.filter((field) => before[field] !== after[field]);
  const told = { ...after, contentDigest: digest };
  if (changed.length > 0) {
    const { updatedDay: _day, ...rest } = told;
    return { result: { ...rest, revision: before.revision + 1, updatedAt: now, stampAt: now }, changed };
  }
  const isMoved = before.publishedAt !== after.publishedAt;
  return {
    result: isMoved ? { ...told, stampAt: Math.max(after.publishedAt, after.updatedAt ?? after.publishedAt) } : told,
    changed,
  };
}

function pick(story: Story, fields: readonly (keyof Story)[]): Readonly<Partial<Story>> {
  return Object.fromEntries(fields.flatMap((name) => (story[name] === undefined ? [] : [[name, story[name]]])));
}

function replaced(story: Story, field: CorrectableField, values: Readonly<Partial<Story>>): Story {
  const cleared = Object.fromEntries(
    Object.entries(story).filter(([name]) => !FIELDS[field].includes(name as keyof Story)),
  );
  // The cast holds: fields that a story must have are given with every correction of theirs.
  return { ...cleared, ...values } as Story;
}

/** The fields of a story that the operator's words for one correction become. */
function said(field: CorrectableField, input: CorrectionInput): Readonly<Partial<Story>> {
  const { patch, story } = input;
  switch (field) {
    case "title":
      return { title: cleanLine(patch.title ?? "", TEXT_MAX) };
    case "published":
      return publishedOf(patch.published ?? "", input);
    case "contentHtml": {
      const contentHtml = sanitize(patch.contentHtml ?? "", { baseUrl: story.url, profile: "feed" });
      return htmlToText(contentHtml) === "" && !contentHtml.includes("<img") ? {} : { contentHtml };
    }
    case "authors":
    case "tags":
    case "images":
      return { [field]: patch[field] ?? [] };
    case "summary":
    case "section":
    case "language":
    case "rights":
    case "url": {
      const text = cleanLine(patch[field] ?? "", TEXT_MAX);
      return text === "" ? {} : { [field]: text };
    }
    default:
      return field satisfies never;
  }
}

function publishedOf(text: string, { story, now, timeZone }: CorrectionInput): Readonly<Partial<Story>> {
  const interval = intervalOf(text, timeZone);
  const settled = interval === null ? null : settleDate(interval, now, timeZone);
  if (settled === null) {
    throw new RequestError(
      `Cannot take ${JSON.stringify(text.slice(0, 50))} for the date of a story; wanted: a day or an RFC 3339 instant that is not in the future`,
      { code: "bad_correction", status: 400 },
    );
  }
  return {
    publishedAt: settled.at,
    ...(settled.day === undefined ? {} : { publishedDay: settled.day }),
    dates: { ...story.dates, published: settled.interval },
  };
}

function intervalOf(text: string, timeZone: string): DateInterval | null {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return null;
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return { from: at, to: at, precision: "exact", origin: "operator", text };
  const [year = 0, month = 1, day = 1] = text.split("-").map(Number);
  const from = instantOf({ year, month, day, hour: 0, minute: 0, second: 0 }, timeZone);
  return { from, to: from + DAY_MS - 1000, precision: "day", origin: "operator", text };
}
