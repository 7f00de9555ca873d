import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";

/** Attributes of an element as both parsers give them: lower-case names, decoded values. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** Of an element that has none. */
export const NO_ATTRIBUTES: Attributes = {};

/** One candidate of a `srcset`: `w` is a width in pixels, `x` a density. */
export interface ImageCandidate {
  readonly url: AbsoluteUrl;
  readonly descriptor: string;
  /** Pixels for `w`, density for `x`, 1 where nothing is said. */
  readonly size: number;
}

/** Where a picture really lies, after lazy loading was undone. */
export interface ImageSource {
  readonly src: AbsoluteUrl;
  readonly candidates: readonly ImageCandidate[];
  readonly width?: number;
  readonly height?: number;
}

const CANDIDATES_MAX = 24;
/** A picture this small in both directions counts readers; it shows nothing. */
const PIXEL_MAX = 2;

/** Where lazy loaders keep the address, the most telling first. */
const LAZY_ADDRESSES = [
  "data-src",
  "data-lazy-src",
  "data-original",
  "data-full-src",
  "data-hi-res-src",
  "data-img-src",
  "data-image-src",
  "data-lazy",
  "data-url",
  "data-image",
  "data-raw-src",
  "data-delayed-url",
  "data-default-src",
];
const LAZY_SETS = ["data-srcset", "data-lazy-srcset", "data-original-set", "data-img-srcset"];

/**
 * The picture of an `img` or `amp-img`: lazy-loading attributes go before `src`, `data:` and other schemes are no
 * address; without any, the largest candidate. Null for no address and for pictures of at most 2 by 2 pixels.
 */
export function findImageSource(attributes: Attributes, baseUrl?: string): ImageSource | null {
  if (isTrackingPixel(attributes)) return null;
  const width = pixels(attributes.width);
  const height = pixels(attributes.height);
  const candidates = parseSrcset(firstOf(attributes, LAZY_SETS) ?? attributes.srcset, baseUrl);
  const src = findAddress(attributes, baseUrl) ?? largestOf(candidates)?.url;
  if (src === undefined) return null;
  return {
    src,
    candidates,
    ...(width !== undefined && width > PIXEL_MAX && { width }),
    ...(height !== undefined && height > PIXEL_MAX && { height }),
  };
}

/** The candidates of a `srcset` that have an http(s) address (HTML §4.8.4.2.1, at most 24 of them). */
export function parseSrcset(srcset: string | undefined, baseUrl?: string): readonly ImageCandidate[] {
  const candidates: ImageCandidate[] = [];
  if (srcset === undefined) return candidates;
  let position = 0;
  while (position < srcset.length && candidates.length < CANDIDATES_MAX) {
    while (position < srcset.length && isSeparator(srcset.charCodeAt(position))) position++;
    let end = position;
    while (end < srcset.length && !isSpace(srcset.charCodeAt(end))) end++;
    let address = srcset.slice(position, end);
    let descriptor = "";
    if (address.endsWith(",")) address = address.slice(0, trailingCommas(address));
    else {
      const comma = srcset.indexOf(",", end);
      const stop = comma === -1 ? srcset.length : comma;
      descriptor = srcset.slice(end, Math.min(stop, end + 32)).trim();
      end = stop;
    }
    position = Math.max(end, position + 1);
    const candidate = toCandidate(address, descriptor, baseUrl);
    if (candidate !== null) candidates.push(candidate);
  }
  return candidates;
}

/** The candidate with the most pixels. */
export function largestOf(candidates: readonly ImageCandidate[]): ImageCandidate | undefined {
  let largest: ImageCandidate | undefined;
  for (const candidate of candidates) if (largest === undefined || candidate.size > largest.size) largest = candidate;
  return largest;
}

/** A length in whole pixels: `640`, `640px`. Undefined for anything else. */
function pixels(value: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,5})(?:\.\d{1,9})?\s*(?:px)?\s*$/.exec(value?.slice(0, 32) ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function findAddress(attributes: Attributes, baseUrl: string | undefined): AbsoluteUrl | undefined {
  for (const name of LAZY_ADDRESSES) {
    const url = addressOf(attributes[name], baseUrl);
    if (url !== null) return url;
  }
  return addressOf(attributes.src, baseUrl) ?? undefined;
}

/** Values that are no address at all (`true`, JSON, text) do not become one by being resolved. */
function addressOf(value: string | undefined, baseUrl: string | undefined): AbsoluteUrl | null {
  if (value === undefined || value.length > 4096 || !/[./]/.test(value) || /^\s*[{[<]/.test(value)) return null;
  return resolveWebUrl(value, baseUrl);
}

function firstOf(attributes: Attributes, names: readonly string[]): string | undefined {
  for (const name of names) if (attributes[name]) return attributes[name];
  return undefined;
}

/** Whether a picture counts readers instead of showing something: at most 2 by 2 pixels, or never displayed. */
export function isTrackingPixel(attributes: Attributes): boolean {
  const width = pixels(attributes.width);
  const height = pixels(attributes.height);
  if (width !== undefined && height !== undefined) return width <= PIXEL_MAX && height <= PIXEL_MAX;
  const style = attributes.style;
  return style !== undefined && /display\s{0,9}:\s{0,9}none/i.test(style.slice(0, 500));
}

function toCandidate(address: string, descriptor: string, baseUrl: string | undefined): ImageCandidate | null {
  if (address === "" || (descriptor !== "" && !/^\d{1,6}(\.\d{1,4})?[wx]$/.test(descriptor))) return null;
  const url = addressOf(address, baseUrl);
  // A careless reader splits at every comma: what follows one must not read as an address of another scheme.
  if (url === null || /,\s*[a-z][a-z0-9+.-]*:/i.test(url)) return null;
  return { url, descriptor, size: descriptor === "" ? 1 : Number.parseFloat(descriptor) };
}

function trailingCommas(text: string): number {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 44) end--;
  return end;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isSeparator(code: number): boolean {
  return code === 44 || isSpace(code);
}
