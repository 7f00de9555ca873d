import type { XmlElement } from "./xml-tree.ts";

/** Every element of a feed or an item that is read as a field. */
const FIELD_NAMES: ReadonlySet<string> = new Set([
  ..."title link guid id description summary subtitle tagline content info abstract fullitem body author contributor category".split(
    " ",
  ),
  ..."enclosure comments source image logo icon language copyright rights generator ttl skiphours skipdays".split(" "),
  ..."pubdate lastbuilddate published updated issued modified created managingeditor webmaster".split(" "),
  ..."title summary content subtitle id link author contributor category published updated rights"
    .split(" ")
    .map((name) => `atom:${name}`),
  ..."title description creator author publisher contributor date subject language rights identifier"
    .split(" ")
    .map((name) => `dc:${name}`),
  ..."issued created modified available valid abstract title description creator"
    .split(" ")
    .map((name) => `dcterms:${name}`),
  ..."group content thumbnail title description credit text category keywords copyright"
    .split(" ")
    .map((name) => `media:${name}`),
  ..."author owner image link summary subtitle title duration keywords category"
    .split(" ")
    .map((name) => `itunes:${name}`),
  "content:encoded",
  "xhtml:body",
  "feedburner:origlink",
  "podcast:person",
  "podcast:images",
  "sy:updateperiod",
  "sy:updatefrequency",
  "fh:complete",
  "googleplay:author",
  "googleplay:image",
  "googleplay:description",
]);

export function isField(name: string): boolean {
  return FIELD_NAMES.has(name);
}

const NONE: readonly XmlElement[] = [];

/** The fields of a feed or an item, by name. */
export class FieldList {
  readonly #fields: ReadonlyMap<string, readonly XmlElement[]>;
  /** The `channel`, `feed`, `item` or `entry` itself. */
  readonly element: XmlElement;

  constructor(element: XmlElement, fields: ReadonlyMap<string, readonly XmlElement[]>) {
    this.element = element;
    this.#fields = fields;
  }

  /** Whether there is an element of any of the names. */
  has(...names: readonly string[]): boolean {
    return names.some((name) => this.#fields.has(name));
  }

  /** All elements of the names, name by name, in document order. */
  all(...names: readonly string[]): readonly XmlElement[] {
    let found = NONE;
    for (const name of names) {
      const list = this.#fields.get(name);
      if (list !== undefined) found = found === NONE ? list : [...found, ...list];
    }
    return found;
  }

  /** The trimmed text of the first of the names that has one. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      for (const element of this.#fields.get(name) ?? NONE) {
        const text = element.text.trim();
        if (text !== "") return text;
      }
    }
    return undefined;
  }
}
