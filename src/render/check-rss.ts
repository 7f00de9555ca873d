import type { Element } from "@xmldom/xmldom";
import { checkMedia } from "./check-media.ts";
import {
  AHEAD_MS,
  checkDateTime,
  checkHtml,
  checkLanguage,
  checkMediaType,
  checkRssDate,
  checkRssUrl,
  checkUrl,
  checkWholeNumber,
  holdsClosingTag,
  holdsReference,
} from "./check-values.ts";
import { checkNoText, childrenByName, placeOfElement, textOf, type XmlSource } from "./check-xml.ts";
import { type Report, shown } from "./findings.ts";

type Named = ReadonlyMap<string, readonly Element[]>;
type Rule = (report: Report, element: Element, source: XmlSource) => void;

const text: Rule = (report, element, source) => checkPlainText(report, element, source);
const link: Rule = (report, element) => {
  checkRssUrl(report, element.nodeName, textOf(element), placeOfElement(element));
};
const date: Rule = (report, element) =>
  checkRssDate(report, element.nodeName, textOf(element), placeOfElement(element));
const dateTime: Rule = (report, element) => {
  checkDateTime(report, element.nodeName, textOf(element), AHEAD_MS.atom, placeOfElement(element));
};
const html: Rule = (report, element) => checkHtml(report, element.nodeName, textOf(element), placeOfElement(element));
const language: Rule = (report, element) => {
  checkLanguage(report, element.nodeName, textOf(element), placeOfElement(element));
};
const contact: Rule = (report, element) => {
  if (/^[^\s@()<>]+@[^\s@()<>]+ \([^()]+\)$/.test(textOf(element))) return;
  const what = `${element.nodeName} is not "address (name)": ${shown(textOf(element))}`;
  report.error("rss-contact", what, placeOfElement(element));
};
const wholeNumber =
  (minimum: number): Rule =>
  (report, element) =>
    checkWholeNumber(report, element.nodeName, textOf(element), minimum, placeOfElement(element));
const anything: Rule = () => {};

/** Elements of RSS 2.0 `channel` that stand once. */
const CHANNEL_RULES: Readonly<Record<string, Rule>> = {
  title: text,
  link,
  description: text,
  language,
  copyright: text,
  managingEditor: contact,
  webMaster: contact,
  pubDate: date,
  lastBuildDate: date,
  generator: anything,
  docs: link,
  cloud: anything,
  ttl: wholeNumber(1),
  image: checkImage,
  rating: anything,
  textInput: anything,
  skipHours: checkSkipHours,
  skipDays: checkSkipDays,
  "sy:updatePeriod": checkUpdatePeriod,
  "sy:updateFrequency": wholeNumber(1),
};

/** Elements of RSS 2.0 `item` and its modules that stand once. */
const ITEM_RULES: Readonly<Record<string, Rule>> = {
  title: text,
  link,
  description: html,
  "content:encoded": html,
  author: contact,
  comments: link,
  enclosure: checkEnclosure,
  guid: checkGuid,
  pubDate: date,
  source: checkSource,
  "dc:language": language,
  "dc:rights": text,
  "atom:published": dateTime,
  "atom:updated": dateTime,
};

/** Pairs of elements that say the same thing. */
const SAME = [
  ["author", "dc:creator"],
  ["pubDate", "dc:date"],
  ["pubDate", "atom:published"],
  ["guid", "atom:id"],
  ["category", "dc:subject"],
  ["source", "dc:source"],
] as const;

/** The rules for RSS 2.0 (rssboard.org/rss-specification, its Profile, and the modules we write). */
export function checkRss(report: Report, source: XmlSource): void {
  const version = source.root.getAttribute("version");
  if (version !== "2.0")
    report.error("rss-version", `version is ${shown(version ?? "")}, wanted 2.0`, placeOfElement(source.root));
  const [channel] = childrenByName(source.root, null).get("channel") ?? [];
  if (channel === undefined) report.error("rss-channel", "rss has no channel", placeOfElement(source.root));
  else checkChannel(report, channel, source);
  checkNoText(report, source.root);
}

function checkChannel(report: Report, channel: Element, source: XmlSource): void {
  const named = childrenByName(channel, null);
  checkNoText(report, channel);
  checkNames(report, named, { known: CHANNEL_RULES, many: ["category", "item"] });
  for (const name of ["title", "link", "description"]) {
    if (!named.has(name)) report.error("rss-channel-element", `channel has no ${name}`, placeOfElement(channel));
  }
  if (!named.has("language")) report.info("language-missing", "channel has no language", placeOfElement(channel));
  for (const title of named.get("title") ?? []) checkNotBlank(report, title);
  applyRules(report, named, CHANNEL_RULES, source);
  for (const category of named.get("category") ?? []) checkCategory(report, category, source);
  checkLinks(report, channel, named.get("atom:link") ?? []);
  checkOrder(report, channel);
  const guids = new Set<string>();
  for (const item of named.get("item") ?? []) checkItem(report, item, guids, source);
}

function checkItem(report: Report, item: Element, guids: Set<string>, source: XmlSource): void {
  const named = childrenByName(item, null);
  const place = () => placeOfElement(item);
  checkNoText(report, item);
  checkNames(report, named, { known: ITEM_RULES, many: ["category"] });
  if (!named.has("title") && !named.has("description")) {
    report.error("rss-item-text", "item has neither title nor description", place());
  }
  for (const title of named.get("title") ?? []) checkNotBlank(report, title);
  applyRules(report, named, ITEM_RULES, source);
  for (const category of named.get("category") ?? []) checkCategory(report, category, source);
  for (const [one, other] of SAME) {
    if (named.has(one) && named.has(other))
      report.warning("rss-said-twice", `item has both ${one} and ${other}`, place());
  }
  const [guid] = named.get("guid") ?? [];
  if (guid === undefined) report.warning("guid-missing", "item has no guid", place());
  else if (guids.has(textOf(guid))) {
    report.error("guid-duplicate", `guid ${shown(textOf(guid))} stands in another item, too`, placeOfElement(guid));
  } else guids.add(textOf(guid));
  checkContentOrder(report, item, named);
  checkMedia(report, named);
}

/** Elements without a namespace are those of RSS; of most, one stands in a parent. */
function checkNames(
  report: Report,
  named: Named,
  { known, many }: { readonly known: Readonly<Record<string, Rule>>; readonly many: readonly string[] },
): void {
  for (const [name, [first, second]] of named) {
    if (first === undefined) continue;
    if (!name.includes(":") && !Object.hasOwn(known, name) && !many.includes(name)) {
      report.error("rss-element", `RSS 2.0 has no element ${name} here`, placeOfElement(first));
    }
    if (second !== undefined && Object.hasOwn(known, name)) {
      const level = name === "enclosure" ? "warning" : "error";
      report[level]("duplicate-element", `${name} stands twice`, placeOfElement(second));
    }
  }
}

function applyRules(report: Report, named: Named, rules: Readonly<Record<string, Rule>>, source: XmlSource): void {
  for (const [name, elements] of named) {
    if (!Object.hasOwn(rules, name)) continue;
    for (const element of elements) rules[name]?.(report, element, source);
  }
}

/**
 * RSS says nowhere whether a text is plain or HTML. Validators take hexadecimal references for the sign of plain text;
 * a closing tag is HTML whatever the writing.
 */
function checkPlainText(report: Report, element: Element, source: XmlSource): void {
  const value = textOf(element);
  if (!/[<&]/.test(value)) return;
  const looksLikeMarkup = /&#[x0-9]|<[/a-zA-Z]/.test(value) || holdsReference(value);
  if (holdsClosingTag(value) || (looksLikeMarkup && !source.hexadecimal(element))) {
    report.warning(
      "plain-text",
      `${element.nodeName} is plain text, but has markup: ${shown(value)}`,
      placeOfElement(element),
    );
  }
}

function checkNotBlank(report: Report, element: Element): void {
  if (textOf(element) === "") report.warning("blank", `${element.nodeName} is blank`, placeOfElement(element));
}

function checkCategory(report: Report, category: Element, source: XmlSource): void {
  checkNotBlank(report, category);
  checkPlainText(report, category, source);
}

function checkSource(report: Report, element: Element, source: XmlSource): void {
  checkRssUrl(report, "url", element.getAttribute("url") ?? "", placeOfElement(element));
  checkPlainText(report, element, source);
}

/** Hosts with a dot, letters, digits and hyphens; no user name. */
const ENCLOSURE_URL = /^https?:\/\/(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*(?::\d+)?(?:\/|$)/i;

function checkEnclosure(report: Report, element: Element): void {
  const place = placeOfElement(element);
  const url = element.getAttribute("url") ?? "";
  if (checkRssUrl(report, "url", url, place) && !ENCLOSURE_URL.test(url)) {
    report.error("enclosure-url", `url wants http or https and a host with a dot: ${shown(url)}`, place);
  }
  checkWholeNumber(report, "length", element.getAttribute("length") ?? "", 0, place);
  checkMediaType(report, "type", element.getAttribute("type") ?? "", place);
  for (const { name } of Array.from(element.attributes)) {
    if (!["url", "length", "type"].includes(name) && !name.includes(":")) {
      report.error("unexpected-attribute", `enclosure has no attribute ${shown(name)}`, place);
    }
  }
}

function checkGuid(report: Report, element: Element): void {
  const place = placeOfElement(element);
  const value = textOf(element);
  const isPermaLink = element.getAttribute("isPermaLink") || "true";
  if (value === "") report.error("guid-blank", "guid is blank", place);
  else if (isPermaLink === "false") {
    if (/^\d{1,8}$/.test(value))
      report.warning("guid-short", `guid ${value} is a short number: not unique enough`, place);
  } else if (isPermaLink !== "true") {
    report.error("guid-permalink", `isPermaLink is ${shown(isPermaLink)}, wanted true or false`, place);
  } else if (!/^https?:/i.test(value)) {
    report.warning("guid-permalink", `guid is no permanent link; say isPermaLink="false": ${shown(value)}`, place);
  } else checkUrl(report, "guid", value, place, "absolute");
}

function checkContentOrder(report: Report, item: Element, named: Named): void {
  const [content] = named.get("content:encoded") ?? [];
  const [description] = named.get("description") ?? [];
  if (content === undefined) return;
  for (let node = item.firstChild; node !== null && node !== content; node = node.nextSibling) {
    if (node === description) return;
  }
  report.warning("content-order", "description is wanted before content:encoded", placeOfElement(content));
}

/** Metadata stand before the first item (RSS Profile). */
function checkOrder(report: Report, channel: Element): void {
  let items = false;
  for (let node = channel.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType !== 1) continue;
    if (node.nodeName === "item") items = true;
    else if (items) {
      // Element nodes are type 1.
      report.warning("metadata-order", `${node.nodeName} stands behind an item`, placeOfElement(node as Element));
    }
  }
}

function checkLinks(report: Report, channel: Element, links: readonly Element[]): void {
  for (const one of links) checkUrl(report, "href", one.getAttribute("href") ?? "", placeOfElement(one), "absolute");
  const self = links.find((one) => one.getAttribute("rel") === "self");
  if (self === undefined) {
    report.warning("self-missing", 'channel has no atom:link rel="self"', placeOfElement(channel));
  } else if (report.selfUrl !== undefined && self.getAttribute("href") !== report.selfUrl) {
    report.warning("self-elsewhere", `The self link is not ${report.selfUrl}`, placeOfElement(self));
  }
}

function checkImage(report: Report, image: Element, source: XmlSource): void {
  const named = childrenByName(image, null);
  const place = placeOfElement(image);
  for (const name of ["url", "title", "link"]) {
    if (!named.has(name)) report.error("rss-image", `image has no ${name}`, place);
  }
  for (const [name, max] of [
    ["width", 144],
    ["height", 400],
  ] as const) {
    const [size] = named.get(name) ?? [];
    if (size === undefined) continue;
    checkWholeNumber(report, name, textOf(size), 1, placeOfElement(size));
    if (Number(textOf(size)) > max) report.error("rss-image", `${name} is more than ${max}`, placeOfElement(size));
  }
  const [url] = named.get("url") ?? [];
  if (url !== undefined) link(report, url, source);
  if (url !== undefined && !/\.(?:gif|jpe?g|png)$/i.test(textOf(url))) {
    report.warning("rss-image", "image wants a .gif, .jpg or .png", placeOfElement(url));
  }
  const around = image.parentNode === null ? new Map() : childrenByName(image.parentNode as Element, null); // a channel
  for (const name of ["title", "link"]) {
    const [own, channels] = [named.get(name)?.[0], around.get(name)?.[0]];
    if (own !== undefined && channels !== undefined && textOf(own) !== textOf(channels)) {
      report.warning("rss-image", `The image's ${name} is not the channel's`, placeOfElement(own));
    }
  }
}

function checkSkipHours(report: Report, element: Element): void {
  for (const hour of childrenByName(element, null).get("hour") ?? []) {
    if (!/^(?:1?\d|2[0-3])$/.test(textOf(hour))) report.error("rss-skip", "hour is not 0 to 23", placeOfElement(hour));
  }
}

const WEEKDAYS = new Set(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]);

function checkSkipDays(report: Report, element: Element): void {
  for (const day of childrenByName(element, null).get("day") ?? []) {
    if (!WEEKDAYS.has(textOf(day))) report.error("rss-skip", "day is no English weekday", placeOfElement(day));
  }
}

function checkUpdatePeriod(report: Report, element: Element): void {
  if (!["hourly", "daily", "weekly", "monthly", "yearly"].includes(textOf(element))) {
    report.error("sy-period", `updatePeriod is ${shown(textOf(element))}`, placeOfElement(element));
  }
}
