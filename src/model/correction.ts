import type { Author, Image, Story } from "./story.ts";
import type { AbsoluteUrl } from "./url.ts";

/** Fields of a story that an operator may say something else of than its source does. */
export const correctable = [
  "title",
  "summary",
  "contentHtml",
  "url",
  "published",
  "authors",
  "section",
  "tags",
  "language",
  "images",
  "rights",
] as const;

export type CorrectableField = (typeof correctable)[number];

/**
 * By field: what stood there before the operator's word, as the fields of a story that took its place, and when the
 * operator said so (milliseconds since 1970 UTC). While a field is named here, visits leave it alone.
 */
export type Corrections = Readonly<
  Partial<Record<CorrectableField, { readonly was: Readonly<Partial<Story>>; readonly at: number }>>
>;

/** What an operator says of a story. Absent: as it was; null: what its source says, from now on; empty: nothing. */
export interface StoryPatch {
  readonly title?: string | null | undefined;
  readonly summary?: string | null | undefined;
  /** HTML that is not sanitized yet. */
  readonly contentHtml?: string | null | undefined;
  readonly url?: AbsoluteUrl | null | undefined;
  /** RFC 3339, or `YYYY-MM-DD`: a day in the zone of the source. */
  readonly published?: string | null | undefined;
  readonly authors?: readonly Author[] | null | undefined;
  readonly section?: string | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
  readonly language?: string | null | undefined;
  readonly images?: readonly Image[] | null | undefined;
  readonly rights?: string | null | undefined;
}
