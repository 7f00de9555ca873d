/** How sharply a date is known (DESIGN.md, Dates). */
export type DatePrecision = "exact" | "day" | "relative" | "first-seen";

/**
 * One sighting of a date, as an interval of instants (milliseconds since 1970 UTC, both ends included). `from` is
 * absent where nothing bounds the past ("first seen" is at or before `to`). `from === to` for an exact instant.
 */
export interface DateInterval {
  readonly from?: number;
  readonly to: number;
  readonly precision: DatePrecision;
  /** Who said so: `json-ld`, `meta`, `time`, `byline`, `listing`, `feed`, `updated`, `first-seen`, … */
  readonly origin: string;
  /** The words it was read from. */
  readonly text?: string;
}
