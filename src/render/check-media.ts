import type { Element } from "@xmldom/xmldom";
import {
  checkLanguage,
  checkMediaType,
  checkRssUrl,
  checkWholeNumber,
  holdsClosingTag,
  holdsReference,
} from "./check-values.ts";
import { childrenByName, placeOfElement, textOf } from "./check-xml.ts";
import { EBU_ROLES } from "./ebu-roles.ts";
import { type Report, shown } from "./findings.ts";

const MEDIUMS = new Set(["image", "audio", "video", "document", "executable"]);

/** Media RSS as it stands in an RSS item or an Atom entry; `named` are the children of it by usual name. */
export function checkMedia(report: Report, named: ReadonlyMap<string, readonly Element[]>): void {
  for (const group of named.get("media:group") ?? []) checkGroup(report, group);
  for (const content of named.get("media:content") ?? []) checkContent(report, content);
  checkParts(report, named);
}

function checkGroup(report: Report, group: Element): void {
  const named = childrenByName(group, null);
  const contents = named.get("media:content") ?? [];
  if (contents.length < 2) {
    report.error("media-group", "media:group is for two or more versions of one thing", placeOfElement(group));
  }
  for (const content of contents) checkContent(report, content);
  checkParts(report, named);
}

function checkContent(report: Report, content: Element): void {
  const place = placeOfElement(content);
  const attribute = (name: string) => content.getAttribute(name) || undefined;
  const [url, type, medium, lang] = ["url", "type", "medium", "lang"].map(attribute);
  if (url !== undefined) checkRssUrl(report, "url", url, place);
  if (type !== undefined) checkMediaType(report, "type", type, place);
  if (lang !== undefined) checkLanguage(report, "lang", lang, place);
  if (medium !== undefined && !MEDIUMS.has(medium)) report.error("media-medium", `medium is ${shown(medium)}`, place);
  for (const name of ["width", "height", "fileSize"]) {
    const value = attribute(name);
    if (value !== undefined) checkWholeNumber(report, name, value, 1, place);
  }
  checkParts(report, childrenByName(content, null));
}

function checkParts(report: Report, named: ReadonlyMap<string, readonly Element[]>): void {
  for (const thumbnail of named.get("media:thumbnail") ?? []) {
    const place = placeOfElement(thumbnail);
    checkRssUrl(report, "url", thumbnail.getAttribute("url") ?? "", place);
    for (const name of ["width", "height"]) {
      const value = thumbnail.getAttribute(name);
      if (value) checkWholeNumber(report, name, value, 1, place);
    }
  }
  for (const name of ["media:title", "media:description"]) {
    const [text, second] = named.get(name) ?? [];
    if (text !== undefined) checkText(report, text);
    if (second !== undefined) report.error("duplicate-element", `${name} stands twice`, placeOfElement(second));
  }
  for (const credit of named.get("media:credit") ?? []) checkCredit(report, credit);
}

function checkText(report: Report, element: Element): void {
  const type = element.getAttribute("type") || "plain";
  const text = textOf(element);
  if (type !== "plain" && type !== "html") {
    report.error("media-text-type", `type is ${shown(type)}, wanted plain or html`, placeOfElement(element));
  } else if (type === "plain" && (holdsClosingTag(text) || holdsReference(text))) {
    report.warning(
      "plain-text",
      `${element.nodeName} is plain text, but has markup: ${shown(text)}`,
      placeOfElement(element),
    );
  }
}

function checkCredit(report: Report, credit: Element): void {
  const role = credit.getAttribute("role") || "";
  const scheme = credit.getAttribute("scheme") || "urn:ebu";
  if (role !== role.toLowerCase() || (scheme === "urn:ebu" && role !== "" && !EBU_ROLES.has(role))) {
    report.error("media-credit-role", `role ${shown(role)} is not one of ${scheme}`, placeOfElement(credit));
  }
}
