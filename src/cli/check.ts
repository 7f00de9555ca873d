import { ParseError } from "../errors.ts";
import { checkDocument } from "../render/check.ts";
import { decode } from "../text/decode.ts";
import { fetchDocument } from "./document.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";

export interface CheckOptions extends GlobalOptions {
  readonly feed?: string;
}

/** Judges the configuration, or one document. 0: nothing wrong; 1: the document has errors; 2: the configuration is wrong. */
export async function check(options: CheckOptions): Promise<ExitCode> {
  return options.feed === undefined ? checkConfiguration(options) : checkFeed(options.feed, options.json === true);
}

async function checkConfiguration(options: CheckOptions): Promise<ExitCode> {
  const { sources, feeds } = await configurationOf(options);
  const told = options.json
    ? JSON.stringify({ sources: sources.length, feeds: feeds.length })
    : `The configuration is right: ${sources.length} sources, ${feeds.length} feeds.`;
  process.stdout.write(`${told}\n`);
  return 0;
}

async function checkFeed(address: string, json: boolean): Promise<ExitCode> {
  const document = await fetchDocument(address);
  const { text } = decode(document.bytes, { contentType: document.contentType, markup: "xml" });
  if (text.trim() === "")
    throw new ParseError(`Cannot check ${address}: it is empty`, { code: "empty", concerns: address });
  const findings = checkDocument(text, "auto", {
    now: Date.now(),
    ...(document.mediaType === undefined ? {} : { mediaType: document.mediaType }),
    ...(document.url === undefined ? {} : { selfUrl: document.url }),
  });
  if (json) process.stdout.write(`${JSON.stringify({ findings })}\n`);
  else {
    for (const { level, rule, message, line, column, path } of findings) {
      const place = line === undefined ? (path ?? "") : `${line}:${column ?? 1}`;
      process.stdout.write(`${level.padEnd(7)} ${rule.padEnd(24)} ${place.padEnd(8)} ${message}\n`);
    }
    const count = (level: string) => findings.filter((finding) => finding.level === level).length;
    process.stdout.write(`${count("error")} errors, ${count("warning")} warnings, ${count("info")} notes\n`);
  }
  return findings.some((finding) => finding.level === "error") ? 1 : 0;
}
