/** One member of a list of entity tags. */
export interface EntityTag {
  readonly weak: boolean;
  /** With its quotes, without `W/`. */
  readonly opaque: string;
}

/**
 * The entity tags of an If-Match or If-None-Match list (RFC 9110 §8.8.3), in one pass; commas may stand within quotes.
 * Whatever is not an entity tag is skipped to the next comma.
 */
export function parseEntityTags(header: string): EntityTag[] {
  const tags: EntityTag[] = [];
  let at = 0;
  while (at < header.length) {
    const start = header.startsWith("W/", at) ? at + 2 : at;
    const end = header[start] === '"' ? header.indexOf('"', start + 1) : -1;
    if (end > 0) {
      tags.push({ weak: start > at, opaque: header.slice(start, end + 1) });
      at = end + 1;
    } else if (header[at] === " " || header[at] === "\t" || header[at] === ",") {
      at += 1;
    } else {
      const comma = header.indexOf(",", at);
      at = comma < 0 ? header.length : comma + 1;
    }
  }
  return tags;
}
