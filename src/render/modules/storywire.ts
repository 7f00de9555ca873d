import { type PreparedEntry, SCHEMES } from "../prepared.ts";

/**
 * Our JSON Feed extension `_storywire`: what the format has no member for. Pictures with alternative text, caption,
 * credit and size; which tag is its section; its publisher's own address; its rights; its source. Undefined where there is nothing of it.
 */
export function jsonExtension(entry: PreparedEntry): Record<string, unknown> | undefined {
  const images = entry.images.map(({ url, alt, caption, credit, width, height, role }) => {
    return defined({ url, alt, caption, credit, width, height, role });
  });
  const source = entry.source === undefined ? undefined : { title: entry.source.title, url: entry.source.url };
  const section = entry.categories.find(({ scheme }) => scheme === SCHEMES.section)?.name;
  const extension = defined({
    images: images.length === 0 ? undefined : images,
    section,
    canonical_url: entry.relatedUrl,
    rights: entry.rights,
    source,
  });
  return Object.keys(extension).length === 0 ? undefined : extension;
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
