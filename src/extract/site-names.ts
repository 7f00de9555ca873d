import { textIn, typesOf } from "./json-ld.ts";
import { articleText, type PageMetadata, siteNameOf } from "./metadata.ts";
import { compact, wordsKey } from "./words-key.ts";

/** What the site may call itself: its names, and the words of its host. */
export interface SiteNames {
  readonly keys: ReadonlySet<string>;
  /** The label of its domain, where that is long enough to tell the site within a longer name of it. */
  readonly label: string | undefined;
  /** The folders that the page lies in. */
  readonly sections: ReadonlySet<string>;
}

export const NO_NAMES: SiteNames = { keys: new Set(), label: undefined, sections: new Set() };
const LABEL_CHARACTERS_MIN = 5;

export function siteKeys(page: PageMetadata, url: string | undefined): SiteNames {
  const keys = new Set<string>();
  const add = (text: string | undefined) => {
    const key = text === undefined ? "" : wordsKey(text);
    if (key === "") return;
    keys.add(key);
    keys.add(key.replaceAll(" ", ""));
    keys.add(key.replace(/^the /, ""));
  };
  add(siteNameOf(page)?.value);
  add(articleText(page, ["publisher"])?.value);
  for (const node of page.graph.nodes)
    if (typesOf(node).some((type) => /^(WebSite|Organization|NewsMediaOrganization)$/.test(type)))
      add(textIn(page.graph, node.name));
  const address = url === undefined ? null : URL.parse(url);
  const host = address?.hostname;
  const sections = new Set(address?.pathname.split("/").slice(0, -1).map(wordsKey).filter(Boolean));
  const labels = host?.split(".").slice(0, -1) ?? [];
  add(host);
  add(host?.replace(/^www\./, ""));
  for (const label of labels) if (label.length > 3) add(label);
  // `example.co.uk`: second-level suffixes are short.
  const label = labels.map(compact).findLast((one) => one.length > 3);
  return { keys, label: label !== undefined && label.length >= LABEL_CHARACTERS_MIN ? label : undefined, sections };
}

export function isSite(part: string, names: SiteNames): boolean {
  const key = wordsKey(part);
  return names.keys.has(key) || names.keys.has(key.replaceAll(" ", "")) || names.keys.has(key.replace(/^the /, ""));
}
