import type { DateInterval } from "./date.ts";
import type { Story, StoryContent } from "./story.ts";

/** A date as JSON shows it: an RFC 3339 instant in UTC, or `YYYY-MM-DD` where only the day is known. */
export function dateJson(at: number, day: string | undefined): string {
  return day ?? instantJson(at);
}

/** RFC 3339 in UTC, without a fraction where it is zero. */
export function instantJson(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** `{from, to, precision, origin, text}` with instants as RFC 3339. */
export function intervalJson(interval: DateInterval): Readonly<Record<string, string>> {
  return {
    ...(interval.from === undefined ? {} : { from: instantJson(interval.from) }),
    to: instantJson(interval.to),
    precision: interval.precision,
    origin: interval.origin,
    ...(interval.text === undefined ? {} : { text: interval.text }),
  };
}

function datesJson(dates: Story["dates"]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(dates).map(([name, interval]) => [name, intervalJson(interval)]));
}

/** The typed record of `/stories/:id.json` and the API (DESIGN.md, The words). */
export function storyJson(story: Story): Readonly<Record<string, unknown>> {
  const {
    publishedAt,
    publishedDay,
    updatedAt,
    updatedDay,
    stampAt,
    position,
    dates,
    firstSeenAt,
    lastSeenAt,
    withdrawnAt,
    ...rest
  } = story;
  return {
    ...rest,
    published: dateJson(publishedAt, publishedDay),
    ...(updatedAt === undefined ? {} : { updated: dateJson(updatedAt, updatedDay) }),
    dates: datesJson(dates),
    firstSeenAt: instantJson(firstSeenAt),
    lastSeenAt: instantJson(lastSeenAt),
    ...(withdrawnAt === undefined ? {} : { withdrawnAt: instantJson(withdrawnAt) }),
  };
}

/** A story before any store knows it, as `extract` shows it: dates that nobody told are absent, not "first seen". */
export function unstoredStoryJson(
  content: StoryContent,
  told: {
    readonly id: string;
    readonly sourceId: string;
    readonly contentDigest: string;
    readonly published?: { readonly at: number; readonly day?: string; readonly interval: DateInterval };
    readonly updated?: { readonly at: number; readonly day?: string; readonly interval: DateInterval };
    readonly origins?: Readonly<Record<string, string>>;
  },
): Readonly<Record<string, unknown>> {
  const { published, updated, ...ids } = told;
  const dates: Story["dates"] = {
    ...(published === undefined ? {} : { published: published.interval }),
    ...(updated === undefined ? {} : { updated: updated.interval }),
  };
  return {
    ...ids,
    ...content,
    ...(published === undefined ? {} : { published: dateJson(published.at, published.day) }),
    ...(updated === undefined ? {} : { updated: dateJson(updated.at, updated.day) }),
    dates: datesJson(dates),
  };
}
