import type { Element } from "domhandler";
import type { DateInterval } from "../model/date.ts";
import { resolveWebUrl, urlIdentity } from "../model/url.ts";
import { NOT_OF_STORY, PUBLISHED_WORDS, UPDATED_WORDS, YEAR } from "./date-labels.ts";
import { areApart, DATE_CHARACTERS_MAX, type DateReader, machineDate, wordsDate } from "./date-reading.ts";
import { isSaidByReaders, type DateMark as Mark, type Marks, shortText } from "./marks.ts";

/** A date that readers see, and whether the page says that it is the day of publication. */
export interface ShownDate {
  readonly date: DateInterval;
  readonly labelled: boolean;
}

/** Fewer elements with a date in the whole page are all its own. */
const LONE_MARKS_MAX = 4;
/** How many elements from the headline a date stands in its line of facts, and how many it still belongs to it. */
const CLOSE_ELEMENTS = 60;
const NEAR_ELEMENTS = 200;
/** A date before the headline is the more likely another's. */
const BEFORE_ELEMENTS = 40;
const MARKS_READ_MAX = 30;
/** What an element may hold that tells a date, white space and all. */
const ELEMENT_CHARACTERS_MAX = 2000;

/** The dates that elements tell, by where they stand; each from the nearest to the headline. */
export interface MarkedDates {
  /** Microdata of the article. */
  readonly said: ShownDate | undefined;
  /** In the line of facts at the headline. */
  readonly close: ShownDate | undefined;
  readonly near: ShownDate | undefined;
  /** On a card that leads to the page itself. */
  readonly carded: ShownDate | undefined;
  /** Told as the day of publication, wherever it stands. */
  readonly labelled: ShownDate | undefined;
  /** The same without a year, or where the page has but few dates, or no headline to stand at. */
  readonly lone: DateInterval | undefined;
  readonly yearless: DateInterval | undefined;
  readonly any: DateInterval | undefined;
  readonly updated: DateInterval | undefined;
}

export function readMarkedDates(reader: DateReader, marks: Marks, own: ReadonlySet<string>): MarkedDates {
  const placed = marks.dates.map((mark) => ({
    mark,
    leads: whereLeads(mark.element, reader, own),
    role: roleOf(mark),
  }));
  const ofStory = placed.filter(({ mark, leads }) => leads !== "away" && !isSaidByReaders(mark.element));
  const listOf = (wanted: Role) => ofStory.flatMap(({ mark, role }) => (role === wanted ? [mark] : []));
  const carded = placed.flatMap(({ mark, leads, role }) => (leads === "here" && role === "published" ? [mark] : []));
  const published = listOf("published");
  const near = within(published, marks, NEAR_ELEMENTS);
  const lone = published.length <= LONE_MARKS_MAX ? published : [];
  const read = (list: readonly Mark[], withYear: boolean) => firstMarked(reader, list, marks, "published", withYear);
  // Each is read when it is asked for: most pages tell their date in the first place.
  return {
    get said() {
      return read(
        published.filter((mark) => mark.kind === "itemprop"),
        true,
      );
    },
    get close() {
      return read(within(published, marks, CLOSE_ELEMENTS), true);
    },
    get near() {
      return read(near, true);
    },
    get carded() {
      return read(carded, true);
    },
    get labelled() {
      const labelled = published.filter((mark) => isLabelled(mark, lineOf(mark.element)));
      return labelled.length <= LONE_MARKS_MAX ? read(labelled, true) : undefined;
    },
    get lone() {
      return read(lone, true)?.date;
    },
    get yearless() {
      return (read(near, false) ?? read(lone, false))?.date;
    },
    get any() {
      return marks.headline === -1 ? read(published, true)?.date : undefined;
    },
    get updated() {
      return changeDate(reader, listOf("updated"), marks);
    },
  };
}

function changeDate(reader: DateReader, updated: readonly Mark[], marks: Marks): DateInterval | undefined {
  const near = within(updated, marks, NEAR_ELEMENTS);
  const lone = updated.length <= LONE_MARKS_MAX ? updated : [];
  const found =
    firstMarked(reader, near, marks, "updated", true) ??
    firstMarked(reader, near, marks, "updated", false) ??
    firstMarked(reader, lone, marks, "updated", false);
  return found?.date;
}

function within(list: readonly Mark[], marks: Marks, distance: number): readonly Mark[] {
  return marks.headline === -1 ? [] : list.filter((mark) => distanceOf(mark, marks) < distance);
}

function lineOf(element: Element): string {
  return shortText([element], ELEMENT_CHARACTERS_MAX)?.slice(0, DATE_CHARACTERS_MAX) ?? "";
}

/** The identities of the page's own addresses. */
export function ownAddresses({ context }: DateReader, canonical: string | undefined): ReadonlySet<string> {
  const addresses = [resolveWebUrl(context.url), resolveWebUrl(canonical, context.url)];
  return new Set(addresses.flatMap((url) => (url === null ? [] : [urlIdentity(url)])));
}

const ANCESTORS_MAX = 12;
/** How much more than its date a link must say to be a card of another story. */
const CARD_CHARACTERS_MIN = 15;

/** Where the card around a date leads: to this page, away to another story, or nowhere. */
export function whereLeads(
  element: Element,
  { context }: DateReader,
  own: ReadonlySet<string>,
): "here" | "away" | undefined {
  let at = element.parent;
  for (let level = 0; at !== null && level < ANCESTORS_MAX; at = at.parent, level++) {
    if (at.type !== "tag" || at.name === "body") return undefined;
    if (at.name !== "a") continue;
    const target = resolveWebUrl(at.attribs.href, context.url);
    if (target === null) return undefined;
    if (own.has(urlIdentity(target))) return "here";
    const date = shortText([element], ELEMENT_CHARACTERS_MAX)?.length ?? 0;
    const card = shortText([at], ELEMENT_CHARACTERS_MAX)?.length ?? Number.POSITIVE_INFINITY;
    return card > date + CARD_CHARACTERS_MIN ? "away" : undefined;
  }
  return undefined;
}

function distanceOf(mark: Mark, { headline }: Marks): number {
  if (headline === -1) return mark.order;
  return Math.abs(mark.order - headline) + (mark.order < headline ? BEFORE_ELEMENTS : 0);
}

const RANK = { itemprop: 0, time: 1, class: 2 } as const;

/** The date of the mark nearest to the headline; what machines wrote goes before what people read. */
function firstMarked(
  reader: DateReader,
  list: readonly Mark[],
  marks: Marks,
  wanted: Role,
  withYear: boolean,
): ShownDate | undefined {
  const sorted = list
    .toSorted((a, b) => RANK[a.kind] - RANK[b.kind] || distanceOf(a, marks) - distanceOf(b, marks))
    .slice(0, MARKS_READ_MAX);
  for (const mark of sorted) {
    const text = shortText([mark.element], ELEMENT_CHARACTERS_MAX) ?? "";
    const worded =
      text.length > DATE_CHARACTERS_MAX || (withYear && !YEAR.test(text)) || NOT_OF_STORY.test(text)
        ? undefined
        : wordsDate(reader, wanted === "published" ? beforeUpdate(text) : afterUpdate(text), "byline");
    const valued = valueDate(reader, mark);
    const labelled = isLabelled(mark, text);
    // What readers are told is what was meant, where the value behind the words is of another day.
    const isOther =
      labelled && valued !== undefined && worded !== undefined && YEAR.test(text) && areApart(valued, worded);
    const date = isOther ? worded : (valued ?? worded);
    if (date !== undefined) return { date, labelled };
  }
  return undefined;
}

function valueDate(reader: DateReader, mark: Mark): DateInterval | undefined {
  const { attribs } = mark.element;
  for (const value of [
    attribs.datetime,
    attribs.content,
    attribs["data-datetime"],
    attribs["data-timestamp"],
    attribs["data-time"],
    attribs["data-date"],
    attribs.title,
  ]) {
    if (value === undefined) continue;
    const found =
      machineDate(reader, value, mark.kind === "itemprop" ? "microdata" : "time") ?? wordsDate(reader, value, "time");
    if (found !== undefined) return found;
  }
  return undefined;
}

function isLabelled({ element, kind }: Mark, text: string): boolean {
  return (
    /datePublished/i.test(element.attribs.itemprop ?? "") ||
    element.attribs.pubdate !== undefined ||
    PUBLISHED_WORDS.test(kind === "time" ? `${textBefore(element)} ${text}` : text)
  );
}

function beforeUpdate(text: string): string {
  const at = text.search(UPDATED_WORDS);
  return at > 6 ? text.slice(0, at) : text;
}

function afterUpdate(text: string): string {
  const at = text.search(UPDATED_WORDS);
  return at > 0 ? text.slice(at) : text;
}

type Role = "published" | "updated";

function roleOf(mark: Mark): Role {
  const property = mark.element.attribs.itemprop ?? "";
  if (/dateModified/i.test(property)) return "updated";
  if (/datePublished|dateCreated/i.test(property)) return "published";
  const names = `${mark.element.attribs.class ?? ""} ${mark.element.attribs.id ?? ""}`;
  if (/updat|modif|revis/i.test(names) && !/publish|posted/i.test(names)) return "updated";
  const text = lineOf(mark.element);
  const before = mark.kind === "time" ? textBefore(mark.element) : "";
  const said = `${before} ${text}`;
  const updated = said.search(UPDATED_WORDS);
  const published = said.search(PUBLISHED_WORDS);
  if (updated === -1) return "published";
  if (published !== -1)
    return published > updated && mark.kind === "time" && before.search(PUBLISHED_WORDS) > before.search(UPDATED_WORDS)
      ? "published"
      : published < updated
        ? "published"
        : "updated";
  return updated > 12 && /\d/.test(said.slice(0, updated)) ? "published" : "updated";
}

const LINE_ELEMENTS = new Set(["a", "abbr", "b", "em", "i", "label", "small", "span", "strong"]);

/** The words just before an element: `Updated <time>`. */
function textBefore(element: Element): string {
  let text = "";
  for (let node = element.prev; node !== null && text.length < 60; node = node.prev) {
    if (node.type === "text") text = node.data.slice(-200) + text;
    else if (node.type === "tag" && LINE_ELEMENTS.has(node.name))
      text = `${shortText([node], ELEMENT_CHARACTERS_MAX) ?? ""} ${text}`;
    else if (node.type === "tag") break;
  }
  return text.slice(-60);
}
