import { join, relative, resolve } from "node:path";
import { formatYaml } from "../config/yaml.ts";
import { deriveSourceId } from "../import/source-id.ts";
import { writeNewFiles } from "./new-files.ts";
import type { ExitCode } from "./options.ts";

export interface InitOptions {
  /** Addresses to begin with. */
  readonly url: readonly string[];
  readonly json?: boolean;
}

/** Writes a first configuration into a folder, one that can be served at once; overwrites nothing. */
export function init(folder: string, { url: urls, json }: InitOptions): ExitCode {
  const top = resolve(folder);
  const files = new Map([
    [join(top, "config/storywire.yaml"), SERVICE],
    [join(top, "config/sources/first.yaml"), sourcesFile(urls)],
    [join(top, "feeds/everything.yaml"), FEED],
  ]);
  writeNewFiles(files);
  const written = [...files.keys()];
  if (json) process.stdout.write(`${JSON.stringify({ written })}\n`);
  else {
    for (const file of written) process.stdout.write(`wrote ${relative(process.cwd(), file)}\n`);
    const place = top === process.cwd() ? "" : ` (in ${folder})`;
    process.stdout.write(`Next: storywire check, then storywire serve${place}\n`);
  }
  return 0;
}

const SERVICE = `# The service. Every key is optional; "storywire schema storywire" and docs/configuration.md tell them all.
service:
  title: My wire
  # The address that readers see, where it is not that of "listen":
  # baseUrl: https://wire.example
  listen: 127.0.0.1:8080
  language: en
  # Whom a publisher may write to; part of the user agent:
  # contact: mailto:ops@wire.example

polling:
  # How often a source is visited that says nothing else, and the least time between two visits.
  every: 30m
  minimum: 5m
`;

const EXAMPLE = `# - id: example-politics                 # stories belong to it: change the address freely, never the id
#   url: https://news.example/politics   # a feed, a page that lists stories, or an article; file: works too
#   every: 15m
#   tags: [politics]
#   listing:                             # only where what is found by itself is not what you want
#     items: main li.story
#     title: h3
`;

function sourcesFile(urls: readonly string[]): string {
  const taken = new Set<string>();
  const sources = urls.map((url) => ({ id: deriveSourceId({ title: "", url }, taken), url }));
  return `# What is visited: one source, or a list of them, in every file of this folder.
# "storywire extract URL" shows what would come out of an address.
${EXAMPLE}${sources.length === 0 ? "" : `\n${formatYaml(sources)}`}`;
}

const FEED = `# One published feed; its file's name is its address: /feeds/everything.rss, .atom, .json, .html
title: Everything
description: Every story this wire has seen.
# Which stories; {} takes all. For example { tags: [politics], include: { title: "/senate/i" }, since: 30d }
select: {}
limit: 50
duplicates: first                        # one entry for the same story from several sources
`;
