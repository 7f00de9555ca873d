import type { FormatName } from "../model/feed.ts";

/** Members of an Accept or Accept-Encoding list that are read; what stands behind them is ignored. */
const PREFERENCES_MAX = 64;

/** One member of a list with weights: `text/html;level=1;q=0.5` is `{ value: "text/html", weight: 0.5 }`. */
interface Preference {
  /** Lower case, without parameters. */
  readonly value: string;
  /** 0 (never) to 1 (RFC 9110 §12.4.2). */
  readonly weight: number;
}

const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** The weight among the parameters of a member: 1 where none is given, 0 where it is no number (it asks for nothing we know). */
function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=", 2).map((part) => part.trim());
    if (name.toLowerCase() === "q") return WEIGHT.test(value) ? Number(value) : 0;
  }
  return 1;
}

function parsePreferences(header: string): Preference[] {
  return header
    .split(",", PREFERENCES_MAX)
    .map((member) => {
      const [value = "", ...parameters] = member.split(";");
      return { value: value.trim().toLowerCase(), weight: weightOf(parameters) };
    })
    .filter((preference) => preference.value !== "");
}

/** How an offer may be asked for: by its own names, else by the wildcards that cover it, the narrowest first. */
interface Names {
  readonly exact: readonly string[];
  readonly ranges: readonly string[];
}

/** The weight that the list gives an offer; undefined where it does not mention it. */
function weightFor(preferences: readonly Preference[], { exact, ranges }: Names): number | undefined {
  const weights = preferences.filter(({ value }) => exact.includes(value)).map(({ weight }) => weight);
  if (weights.length > 0) return Math.max(...weights);
  const range = ranges.find((name) => preferences.some(({ value }) => value === name));
  return preferences.find(({ value }) => value === range)?.weight;
}

/** The offer with the highest weight, the earlier one among equals; undefined where all are refused. */
function heaviest<Offer>(offers: readonly Offer[], weigh: (offer: Offer) => number): Offer | undefined {
  let best: Offer | undefined;
  let bestWeight = 0;
  for (const offer of offers) {
    const weight = weigh(offer);
    if (weight > bestWeight) {
      best = offer;
      bestWeight = weight;
    }
  }
  return best;
}

export type Coding = "gzip" | "zstd" | "identity";

/** In our order of liking: gzip is the smallest of ours, and made at the highest level. */
const CODINGS: readonly (Names & { readonly coding: Coding })[] = [
  { coding: "gzip", exact: ["gzip", "x-gzip"], ranges: ["*"] },
  { coding: "zstd", exact: ["zstd"], ranges: ["*"] },
  { coding: "identity", exact: ["identity"], ranges: [] },
];

/**
 * The content coding for an Accept-Encoding header (RFC 9110 §12.5.3): the heaviest, gzip before zstd before identity
 * among equals. Identity is acceptable unless it is refused, and weighs less than anything that was asked for.
 * Undefined where the client refuses all we have.
 */
export function chooseCoding(acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined) return "identity";
  const preferences = parsePreferences(acceptEncoding);
  const refused = weightFor(preferences, { exact: ["*"], ranges: [] }) === 0;
  const unnamed = { gzip: 0, zstd: 0, identity: refused ? 0 : Number.MIN_VALUE };
  return heaviest(CODINGS, (names) => weightFor(preferences, names) ?? unnamed[names.coding])?.coding;
}

/** What `/feeds/:slug` can answer: a document of one of the formats, or the page for people. */
export type Variant = FormatName | "html";

/** In our order of liking, with the media types that ask for each. */
const VARIANTS: readonly (Names & { readonly variant: Variant })[] = [
  { variant: "rss", exact: ["application/rss+xml", "application/xml", "text/xml"], ranges: ["application/*", "*/*"] },
  { variant: "atom", exact: ["application/atom+xml"], ranges: ["application/*", "*/*"] },
  { variant: "json", exact: ["application/feed+json", "application/json"], ranges: ["application/*", "*/*"] },
  { variant: "html", exact: ["text/html", "application/xhtml+xml"], ranges: ["text/*", "*/*"] },
];

/**
 * What an Accept header asks for (RFC 9110 §12.5.1): the heaviest, and among equals RSS, Atom, JSON Feed, the page; so
 * a browser, which likes `text/html` best, gets the page, and whoever takes anything gets RSS. Undefined where the
 * client refuses all we have.
 */
export function chooseVariant(accept: string | undefined): Variant | undefined {
  if (accept === undefined || accept.trim() === "") return "rss";
  const preferences = parsePreferences(accept);
  return heaviest(VARIANTS, (names) => weightFor(preferences, names) ?? 0)?.variant;
}

/** Whether the client likes a page best, as browsers do. */
export function prefersPage(accept: string | undefined): boolean {
  return chooseVariant(accept) === "html";
}
