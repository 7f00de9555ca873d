/** An absolute http, https or file URL in the WHATWG serialization. Proof that `parseAbsoluteUrl` accepted it. */
export type AbsoluteUrl = string & { readonly __absoluteUrl: unique symbol };

const WEB = new Set(["http:", "https:"]);

/**
 * Resolves `reference` against `base` and keeps it only when the result is http or https (white space, tabs and
 * newlines are removed as browsers do). Null for anything else: other schemes, unparsable text, empty text.
 */
export function resolveWebUrl(reference: string | undefined, base?: string): AbsoluteUrl | null {
  const trimmed = reference?.trim();
  if (!trimmed) return null;
  const url = URL.parse(trimmed, base);
  if (url === null || !WEB.has(url.protocol) || url.hostname === "") return null;
  // The cast is the proof: an http(s) URL that URL.parse accepted.
  return url.href as AbsoluteUrl;
}
