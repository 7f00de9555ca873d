import { htmlToText } from "../html/text.ts";
import type { Enclosure, Image } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import type { FieldList } from "./fields.ts";
import { FEED_LIMITS } from "./limits.ts";
import { present } from "./present.ts";
import type { XmlElement } from "./xml-tree.ts";

/** A medium, and where words about it may stand, the nearest first (Media RSS, optional elements). */
interface Medium {
  readonly element: XmlElement;
  readonly around: readonly (readonly XmlElement[])[];
}

/** Elements of Media RSS by name: right in the item, in its groups, and in its media:content. */
function listMedia(item: FieldList, name: "media:content" | "media:thumbnail"): readonly Medium[] {
  if (!item.has("media:group", "media:content", name)) return [];
  const beside = item.all("media:credit", "media:description");
  const groups = item.all("media:group").map(({ elements }) => [elements, beside]);
  const contents = [[item.all("media:content"), beside], ...groups].flatMap(([elements = [], ...outer]) =>
    elements.filter((each) => each.name === "media:content").map((each) => [each.elements, elements, ...outer]),
  );
  const places =
    name === "media:content"
      ? [[item.all(name), beside], ...groups]
      : [[item.all(name), beside], ...contents, ...groups];
  return places.flatMap(([elements = [], ...outer]) =>
    elements
      .filter((element) => element.name === name)
      .map((element) => ({ element, around: [element.elements, elements, ...outer] })),
  );
}

/** RSS 2.0 `<enclosure>`, Atom `link rel="enclosure"` (RFC 4287 §4.2.7.2), media:content; pictures come last. */
export function readEnclosures(item: FieldList): readonly Enclosure[] {
  const media = listMedia(item, "media:content").map(({ element }) => element);
  const listed = [...listEnclosures(item), ...media.filter((each) => !isImage(each)), ...media.filter(isImage)];
  const found = new Map<string, Enclosure>();
  for (const element of listed.slice(0, FEED_LIMITS.listMax)) {
    const enclosure = readEnclosure(element);
    if (enclosure !== null && !found.has(enclosure.url)) found.set(enclosure.url, enclosure);
  }
  return withDuration([...found.values()], parseSeconds(item.text("itunes:duration")));
}

function listEnclosures(item: FieldList): readonly XmlElement[] {
  const links = item.all("link", "atom:link").filter(({ attributes }) => attributes.rel?.trim() === "enclosure");
  return [...item.all("enclosure"), ...links];
}

function readEnclosure(element: XmlElement): Enclosure | null {
  const { attributes } = element;
  const url = findAddress(element);
  if (url === null) return null;
  return {
    url,
    ...present({
      type: attributes.type?.trim() || undefined,
      lengthBytes: parseCount(attributes.length ?? attributes.filesize),
      durationSeconds: parseSeconds(attributes.duration),
    }),
  };
}

function findAddress(element: XmlElement): AbsoluteUrl | null {
  const { attributes } = element;
  const inner = element.elements.find(({ name }) => name === "url" || name === "itunes:url")?.text;
  const reference = attributes.url ?? attributes.href ?? attributes["rdf:resource"] ?? inner ?? element.text;
  return resolveWebUrl(reference, element.base);
}

/** `itunes:duration` is that of the first enclosure. */
function withDuration(enclosures: readonly Enclosure[], durationSeconds: number | undefined): readonly Enclosure[] {
  const [first, ...rest] = enclosures;
  if (first === undefined || durationSeconds === undefined) return enclosures;
  return [{ durationSeconds, ...first }, ...rest];
}

function isImage({ attributes }: XmlElement): boolean {
  if (attributes.type) return attributes.type.startsWith("image/");
  if (attributes.medium) return attributes.medium.trim() === "image";
  return /\.(?:jpe?g|png|gif|webp|avif|svg)(?:$|[?#])/i.test(attributes.url ?? attributes.href ?? "");
}

/** Pictures: media:content, image enclosures, `itunes:image`, RSS `image`, media:thumbnail; the first is the lead. */
export function readImages(item: FieldList): readonly Image[] {
  const plain = [
    ...listEnclosures(item).filter(isImage),
    ...item.all("image", "itunes:image", "googleplay:image"),
    ...item.all("itunes:link").filter(({ attributes }) => attributes.rel === "image"),
  ];
  const contents = listMedia(item, "media:content").filter(({ element }) => isImage(element));
  const thumbnails = listMedia(item, "media:thumbnail");
  const others = plain.map((element) => ({ element, around: [] }));
  const leads = standsForStory(thumbnails[0], contents[0]);
  const listed = leads ? [...thumbnails, ...contents, ...others] : [...contents, ...others, ...thumbnails];
  const found = new Map<string, Image>();
  for (const medium of listed.slice(0, FEED_LIMITS.listMax)) {
    const image = readImage(medium, found.size === 0 ? "lead" : "inline");
    if (image?.url !== undefined && !found.has(image.url)) found.set(image.url, image);
  }
  return [...found.values()];
}

/** A thumbnail is the publisher's choice of a picture (Media RSS), but a better one is not given up for a small one. */
function standsForStory(thumbnail: Medium | undefined, content: Medium | undefined): boolean {
  const width = parseCount(thumbnail?.element.attributes.width);
  const other = parseCount(content?.element.attributes.width);
  return width !== undefined && other !== undefined && width >= other;
}

function readImage({ element, around }: Medium, role: Image["role"]): Image | null {
  const url = findAddress(element);
  if (url === null) return null;
  return {
    url,
    role,
    ...present({
      caption: findWords(around, "media:description"),
      credit: findWords(around, "media:credit"),
      width: parseCount(element.attributes.width),
      height: parseCount(element.attributes.height),
    }),
  };
}

function findWords(around: Medium["around"], name: string): string | undefined {
  for (const elements of around) {
    const text = htmlToText(elements.find((sibling) => sibling.name === name)?.text ?? "");
    if (text !== "") return text;
  }
  return undefined;
}

const FEED_IMAGES = ["image", "logo", "itunes:image", "googleplay:image", "icon", "media:thumbnail", "media:content"];

/** The feed's own picture: RSS `image`, Atom `logo` before `icon`, `itunes:image`. */
export function findFeedImage(feed: FieldList): AbsoluteUrl | undefined {
  const links = feed.all("itunes:link").filter(({ attributes }) => attributes.rel === "image");
  for (const element of [...feed.all(...FEED_IMAGES), ...links]) {
    const url = element.name === "media:content" && !isImage(element) ? null : findAddress(element);
    if (url !== null) return url;
  }
  return undefined;
}

/** A number of a feed's attribute; undefined where it is none, or negative. */
function parseCount(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? "";
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** Seconds of `itunes:duration` or media:content `duration`: `83`, `1:23`, `1:02:03`. */
function parseSeconds(text: string | undefined): number | undefined {
  const parts = (text?.trim() ?? "").split(":", 4);
  if (parts.length > 3 || !parts.every((part) => /^\d{1,6}(?:\.\d{1,6})?$/.test(part))) return undefined;
  return Math.round(parts.reduce((total, part) => total * 60 + Number(part), 0));
}
