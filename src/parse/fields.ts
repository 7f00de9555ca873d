import { XmlElement } from "./xml-tree.ts";

/** Every element of a feed or an item that is read as a field. */
export const FIELD_NAMES: readonly string[] = [
  ..."title link guid id description summary subtitle tagline content info abstract fullitem body author contributor category".split(
    " ",
  ),
  ..."enclosure comments source image logo icon language copyright rights generator ttl skiphours skipdays".split(" "),
  ..."pubdate lastbuilddate published updated issued modified created managingeditor webmaster lastmod".split(" "),
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
  "googleplay:author",
  "googleplay:image",
  "googleplay:description",
];

/** The fields of a feed or an item as rss-parser mapped them. */
export class FieldList {
  readonly #mapped: Readonly<Record<string, unknown>>;
  /** The `channel`, `feed`, `item` or `entry` itself. */
  readonly element: XmlElement;

  constructor(mapped: Readonly<Record<string, unknown>>) {
    this.#mapped = mapped;
    this.element = this.all("@")[0] ?? new XmlElement("", {}, null);
  }

  /** All elements of the names, name by name, in document order. */
  all(...names: readonly string[]): readonly XmlElement[] {
    const [name = ""] = names;
    // The cast is the mapping's: what stands under our own names is what xml.ts put there.
    const list = (this.#mapped[`storywire:${name}`] ?? []) as readonly XmlElement[];
    return names.length === 1 ? list : names.flatMap((each) => this.all(each));
  }

  /** The trimmed text of the first of the names that has one. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      for (const element of this.all(name)) {
        const text = element.text.trim();
        if (text !== "") return text;
      }
    }
    return undefined;
  }
}
