import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import type { FieldList } from "./fields.ts";
import type { XmlElement } from "./xml-tree.ts";

/** A link as RFC 4287 §4.2.7 has it, or RSS's `link` with its address as text. */
interface Link {
  readonly rel: string;
  readonly type: string;
  readonly href: string;
  readonly element: XmlElement;
}

function readLink(element: XmlElement): Link {
  const { attributes } = element;
  const rel = (attributes.rel ?? "alternate").trim().toLowerCase();
  return {
    rel: rel.replace(/^https?:\/\/www\.iana\.org\/assignments\/relation\//, "") || "alternate",
    type: (attributes.type ?? "").trim().toLowerCase(),
    href: (attributes.href ?? attributes["rdf:resource"] ?? element.text).trim(),
    element,
  };
}

export function linksOf(fields: FieldList): readonly Link[] {
  return fields.all("link", "atom:link").map(readLink);
}

/** Null for an empty reference, unless xml:base says what it would stand for. */
function resolveLink(link: Link): AbsoluteUrl | null {
  if (link.href === "" && link.element.attributes.href !== undefined) return resolveWebUrl(link.element.base);
  return resolveWebUrl(link.href, link.element.base);
}

/** The page of a feed or an item: `alternate`, HTML before other media types; never an enclosure or the feed itself. */
export function findPage(links: readonly Link[]): AbsoluteUrl | null {
  const pages = links.filter(({ rel }) => rel === "alternate");
  const html = pages.filter(({ type }) => type === "" || /x?html/.test(type));
  for (const link of [...html, ...pages]) {
    const url = resolveLink(link);
    if (url !== null) return url;
  }
  return null;
}

export function findRelated(links: readonly Link[], rel: string): AbsoluteUrl | null {
  for (const link of links) {
    const url = link.rel === rel ? resolveLink(link) : null;
    if (url !== null) return url;
  }
  return null;
}
