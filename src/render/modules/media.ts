import type { Element } from "@xmldom/xmldom";
import type { PreparedEnclosure, PreparedEntry, PreparedImage } from "../prepared.ts";
import { append } from "../xml.ts";

/**
 * Media RSS: each picture with its caption and credit, and the enclosures that the format has no other place for. The
 * caption is media:description: a media:title would become the subject line of readers that send mail.
 */
export function addMedia(item: Element, entry: PreparedEntry, enclosures: readonly PreparedEnclosure[]): void {
  const shown = entry.images.filter((image) => image.url !== undefined);
  for (const image of shown) addImage(item, image);
  for (const enclosure of enclosures) addEnclosure(item, enclosure);
  const thumbnail = shown.find((image) => image.role === "lead") ?? shown[0];
  if (thumbnail !== undefined) append(item, "media:thumbnail", { url: thumbnail.url, ...sizeOf(thumbnail) });
}

function addImage(item: Element, image: PreparedImage): void {
  const content = append(item, "media:content", {
    url: image.url,
    medium: "image",
    type: image.type,
    ...sizeOf(image),
  });
  const description = image.caption ?? image.alt;
  if (description !== undefined) append(content, "media:description", { type: "plain" }, description);
  if (image.credit !== undefined) append(content, "media:credit", {}, image.credit);
}

function addEnclosure(item: Element, enclosure: PreparedEnclosure): void {
  append(item, "media:content", {
    url: enclosure.url,
    medium: enclosure.medium,
    type: enclosure.type,
    fileSize: enclosure.lengthBytes,
    duration: enclosure.durationSeconds,
  });
}

function sizeOf({ width, height }: PreparedImage) {
  return { width, height };
}
