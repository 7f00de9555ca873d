import type { FeedDocument, FormatName } from "../model/feed.ts";
import type { Fault } from "../model/parsed.ts";
import { checkDocument, type Finding } from "./check.ts";
import { formats } from "./formats.ts";

/** A document, and what was left out of it. */
interface Rendered {
  readonly text: string;
  readonly faults: readonly Fault[];
}

/** A document that went through the gate; fit to be published where `findings` is empty. */
interface Checked extends Rendered {
  /** The errors and warnings that remain. */
  readonly findings: readonly Finding[];
}

/**
 * A feed as a document of the given format: the same input gives the same text, always. An entry that cannot be
 * expressed is left out with a fault (`item` is its place in the feed); the feed never fails for it. Fault codes:
 * `duplicate_entry`, `entry_inexpressible`.
 * @internal Tests use it by itself.
 */
export function renderDocument(document: FeedDocument, format: FormatName): Rendered {
  return formats[format].write(document);
}

/**
 * The same, judged by check.ts. An entry that breaks a rule is left out with the fault `entry_invalid`, so that one
 * story cannot keep all later ones from the subscribers.
 */
export function renderChecked(document: FeedDocument, format: FormatName): Checked {
  const whole = renderOnce(document, format);
  const broken = brokenEntries(document, whole);
  if (broken.size === 0) return whole;
  const entries = document.entries.filter((_, item) => !broken.has(item));
  const rest = renderOnce({ ...document, entries }, format);
  const faults = Array.from(broken, ([item, { rule, message }]) => {
    return { code: "entry_invalid", message: `Left out: ${rule}: ${message}`, item };
  });
  return { ...rest, faults: [...whole.faults, ...faults] };
}

function renderOnce(document: FeedDocument, format: FormatName): Checked {
  const { text, faults } = renderDocument(document, format);
  const { mediaType } = formats[format];
  const findings = checkDocument(text, format, { selfUrl: document.selfUrls[format], mediaType });
  return { text, faults, findings: findings.filter(({ level }) => level !== "info") };
}

/** The entries that findings are about, by place in the feed, each with its first finding. */
function brokenEntries(document: FeedDocument, { faults, findings }: Checked): ReadonlyMap<number, Finding> {
  const leftOut = new Set(faults.map(({ item }) => item));
  const shown = Array.from(document.entries.keys()).filter((item) => !leftOut.has(item));
  const broken = new Map<number, Finding>();
  for (const finding of findings) {
    const [, place] = /\b(?:item|entry|items)\[(\d+)\]/.exec(finding.path ?? "") ?? [];
    const item = place === undefined ? undefined : shown[Number(place)];
    if (item !== undefined && !broken.has(item)) broken.set(item, finding);
  }
  return broken;
}
