import type { Element } from "domhandler";
import type { ParsedItem } from "../model/parsed.ts";

/** A list of stories on a page. */
export interface ListingBlock {
  /** What stands over it. */
  readonly heading?: string;
  /** Grows with the number of stories and how surely they are stories. */
  readonly score: number;
  /** In page order. */
  readonly items: readonly ParsedItem[];
  /** The smallest element that holds all its cards. */
  readonly root: Element;
}
