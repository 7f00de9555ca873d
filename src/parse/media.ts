import { htmlToText } from "../html/text.ts";
import type { Enclosure, Image } from "../model/story.ts";
import { resolveWebUrl } from "../model/url.ts";
import type { FieldList } from "./fields.ts";
import { FEED_LIMITS } from "./limits.ts";
import type { XmlElement } from "./xml-tree.ts";

/** A number of a feed's attribute; absent where it is none, or negative. */
function countOf(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? "";
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** Seconds of `itunes:duration` or media:content `duration`: `83`, `1:23`, `1:02:03`. */
function secondsOf(text: string | undefined): number | undefined {
  const parts = (text?.trim() ?? "").split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d{1,6}(?:\.\d{1,6})?$/.test(part))) return undefined;
  return Math.round(parts.reduce((total, part) => total * 60 + Number(part), 0));
}

/** Drops what is absent: no field of the model is ever undefined. */
function present<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // The cast says what the filter did.
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** RSS 2.0 `<enclosure>`, Atom `link rel="enclosure"` (RFC 4287 §4.2.7.2), media:content that is no picture. */
export function readEnclosures(item: FieldList): readonly Enclosure[] {
  const links = item.all("link", "atom:link").filter(({ attributes }) => attributes.rel?.trim() === "enclosure");
  const media = listMedia(item).filter((content) => !isImage(content));
  const found = new Map<string, Enclosure>();
  for (const element of [...item.all("enclosure"), ...links, ...media].slice(0, FEED_LIMITS.listMax)) {
    const enclosure = readEnclosure(element);
    if (enclosure !== null && !found.has(enclosure.url)) found.set(enclosure.url, enclosure);
  }
  return withDuration([...found.values()], secondsOf(item.text("itunes:duration")));
}

function readEnclosure(element: XmlElement): Enclosure | null {
  const { attributes } = element;
  const url = resolveWebUrl(
    attributes.url ?? attributes.href ?? attributes["rdf:resource"] ?? element.text,
    element.base,
  );
  if (url === null) return null;
  const type = (attributes.type ?? "").trim();
  return {
    url,
    ...present({
      type: type === "" ? undefined : type,
      lengthBytes: countOf(attributes.length ?? attributes.filesize),
      durationSeconds: secondsOf(attributes.duration),
    }),
  };
}

/** `itunes:duration` is that of the first enclosure. */
function withDuration(enclosures: readonly Enclosure[], durationSeconds: number | undefined): readonly Enclosure[] {
  const [first, ...rest] = enclosures;
  if (first === undefined || durationSeconds === undefined) return enclosures;
  return [{ durationSeconds, ...first }, ...rest];
}

/** media:content of the item and of its groups. */
function listMedia(item: FieldList): readonly XmlElement[] {
  const groups = item.all("media:group").flatMap(({ elements }) => elements);
  return [...item.all("media:content"), ...groups.filter(({ name }) => name === "media:content")];
}

function isImage({ attributes }: XmlElement): boolean {
  const type = attributes.type ?? "";
  if (type !== "") return type.startsWith("image/");
  if (attributes.medium !== undefined) return attributes.medium.trim() === "image";
  return /\.(?:jpe?g|png|gif|webp|avif|svg)(?:$|[?#])/i.test(attributes.url ?? "");
}

/** Pictures: media:content, media:thumbnail, image enclosures, `itunes:image`, RSS `image`; the first is the lead. */
export function readImages(item: FieldList): readonly Image[] {
  const groups = item.all("media:group").flatMap(({ elements }) => elements);
  const media = [...item.all("media:content"), ...groups.filter(({ name }) => name === "media:content")];
  const thumbnails = [
    ...item.all("media:thumbnail"),
    ...[...groups, ...media.flatMap(({ elements }) => elements)].filter(({ name }) => name === "media:thumbnail"),
  ];
  const enclosures = [...item.all("enclosure"), ...item.all("link", "atom:link")].filter(
    ({ name, attributes }) =>
      (name === "enclosure" || attributes.rel?.trim() === "enclosure") && (attributes.type ?? "").startsWith("image/"),
  );
  const others = item.all("image", "itunes:image", "googleplay:image");
  const found = new Map<string, Image>();
  for (const element of [...media.filter(isImage), ...enclosures, ...others, ...thumbnails].slice(
    0,
    FEED_LIMITS.listMax,
  )) {
    const image = readImage(element, [element.elements, groups, item.all("media:credit", "media:description")]);
    if (image?.url !== undefined && !found.has(image.url)) {
      found.set(image.url, { ...image, role: found.size === 0 ? "lead" : "inline" });
    }
  }
  return [...found.values()];
}

/** `around`: where credit and caption may stand, the nearest first (Media RSS, optional elements). */
function readImage(element: XmlElement, around: readonly (readonly XmlElement[])[]): Image | null {
  const { attributes } = element;
  const inner = element.elements.find(({ name }) => name === "url")?.text;
  const url = resolveWebUrl(
    attributes.url ?? attributes.href ?? attributes["rdf:resource"] ?? inner ?? element.text,
    element.base,
  );
  if (url === null) return null;
  const beside = (name: string) => {
    for (const elements of around) {
      const text = htmlToText(elements.find((sibling) => sibling.name === name)?.text ?? "");
      if (text !== "") return text;
    }
    return undefined;
  };
  return {
    url,
    role: "inline",
    ...present({
      caption: element.name.startsWith("media:") ? beside("media:description") : undefined,
      credit: element.name.startsWith("media:") ? beside("media:credit") : undefined,
      width: countOf(attributes.width),
      height: countOf(attributes.height),
    }),
  };
}

/** The feed's own picture: RSS `image`, Atom `logo` before `icon`, `itunes:image`. */
export function findFeedImage(feed: FieldList): Image["url"] {
  for (const element of feed.all("image", "logo", "itunes:image", "googleplay:image", "icon", "media:thumbnail")) {
    const image = readImage(element, []);
    if (image?.url !== undefined) return image.url;
  }
  return undefined;
}
