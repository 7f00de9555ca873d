import type { Story } from "./story.ts";

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
