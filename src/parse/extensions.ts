import { foldText } from "../html/text.ts";
import { FEED_LIMITS } from "./limits.ts";
import type { XmlElement } from "./xml-tree.ts";

/** Namespaces whose elements are kept as they stand, as are RSS's `comments` and `source`. */
const KEPT =
  /^(?:georss|geo|gml|slash|wfw|thr|cc|creativecommons|podcast|itunes|media):|^(?:comments|source|atom:source)$/;
/** Those that are fields of an item already. */
const FIELDS =
  /^(?:itunes:(?:author|image|summary|subtitle|title|keywords|category)|media:(?!community|rating|status|price|license|restriction))/;

/**
 * What has no field of its own, by prefixed name: the text of an element, its attributes under `name@attribute`.
 * Undefined where there is none.
 */
export function readExtensions(item: XmlElement): Readonly<Record<string, string>> | undefined {
  const extensions: Record<string, string> = {};
  let count = 0;
  const keep = (name: string, value: string) => {
    if (value === "" || name in extensions || count >= FEED_LIMITS.listMax) return;
    extensions[name] = value.slice(0, FEED_LIMITS.extensionCharactersMax);
    count++;
  };
  for (const element of item.children) {
    if (typeof element === "string" || !KEPT.test(element.name) || FIELDS.test(element.name)) continue;
    const name = nameOf(element);
    keep(name, foldText(element.text));
    for (const [key, value = ""] of Object.entries(element.attributes)) {
      if (!key.startsWith("xml")) keep(`${name}@${key}`, value.trim());
    }
  }
  return count === 0 ? undefined : extensions;
}

/** The usual prefix with the local name as written: `wfw:commentRss`. */
function nameOf({ name, written }: XmlElement): string {
  const colon = name.indexOf(":");
  return name.slice(0, colon + 1) + written.slice(written.indexOf(":") + 1);
}
