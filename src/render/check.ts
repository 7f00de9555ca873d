import type { FormatName } from "../model/feed.ts";
import { checkAtom } from "./check-atom.ts";
import { checkJsonFeed } from "./check-json.ts";
import { checkRss } from "./check-rss.ts";
import { readXml } from "./check-xml.ts";
import { createReport, type Finding, type Report } from "./findings.ts";
import { NAMESPACES } from "./xml.ts";

export type { Finding } from "./findings.ts";

const MEDIA_TYPES: Readonly<Record<FormatName, string>> = {
  rss: "application/rss+xml",
  atom: "application/atom+xml",
  json: "application/feed+json",
};

/** A document that is longer is not read. */
const DOCUMENT_CHARACTERS_MAX = 16_000_000;

/**
 * Every rule that a document breaks: well-formedness, the specification of its format, and what the W3C feed validator
 * and readers are known to trip over. A document without errors and warnings is fit to be published.
 *
 * `auto` finds the format by the document itself. `selfUrl` is the public address it must name as its own; `mediaType`
 * what it is sent as (parameters included); `now` (milliseconds since 1970 UTC) lets dates in the future be found.
 */
export function checkDocument(
  text: string,
  format: FormatName | "auto",
  options: { readonly selfUrl?: string; readonly mediaType?: string; readonly now?: number } = {},
): readonly Finding[] {
  const report = createReport(options.now, options.selfUrl);
  if (text.length > DOCUMENT_CHARACTERS_MAX) {
    report.error("too-large", `${text.length} characters are more than ${DOCUMENT_CHARACTERS_MAX}`);
    return report.findings;
  }
  const found = /^\uFEFF?\s*[{[]/.test(text) ? checkJson(report, text) : checkXml(report, text);
  const wanted = format === "auto" ? found : format;
  if (found !== undefined && found !== wanted) report.error("format", `Is ${found}, wanted ${wanted}`);
  if (wanted !== undefined && options.mediaType !== undefined) checkMediaType(report, options.mediaType, wanted);
  return report.findings;
}

function checkJson(report: Report, text: string): FormatName {
  checkJsonFeed(report, text);
  return "json";
}

/** Where nothing is wrong, nobody needs to know the lines, and finding them takes half as long again. */
function checkXml(report: Report, text: string): FormatName | undefined {
  const quick = createReport(report.now, report.selfUrl);
  const format = checkXmlOnce(quick, text, false);
  return quick.findings.length === 0 ? format : checkXmlOnce(report, text, true);
}

function checkXmlOnce(report: Report, text: string, located: boolean): FormatName | undefined {
  const source = readXml(text, report, located);
  if (source === null) return undefined;
  const { localName, namespaceURI } = source.root;
  if (localName === "rss" && namespaceURI === null) {
    checkRss(report, source);
    return "rss";
  }
  if ((localName === "feed" || localName === "entry") && namespaceURI === NAMESPACES.atom) {
    checkAtom(report, source);
    return "atom";
  }
  report.error("format", `Its root is <${source.root.nodeName}>: not RSS 2.0, Atom 1.0 or JSON Feed`);
  return undefined;
}

function checkMediaType(report: Report, sent: string, format: FormatName): void {
  const [type = "", ...parameters] = sent.split(";").map((part) => part.trim().toLowerCase());
  if (type !== MEDIA_TYPES[format]) {
    const level = format === "json" && type === "application/json" ? "info" : "warning";
    report[level]("media-type", `Is sent as ${type || "nothing"}, wanted ${MEDIA_TYPES[format]}`);
  }
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  if (charset !== undefined && !/^charset="?utf-8"?$/.test(charset)) {
    report.warning("media-type", `Is sent with ${charset}, wanted utf-8`);
  }
}
