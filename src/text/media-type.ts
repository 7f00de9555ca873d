const BY_SUFFIX: Readonly<Record<string, string>> = {
  txt: "text/plain",
  text: "text/plain",
  html: "text/html",
  htm: "text/html",
  xhtml: "application/xhtml+xml",
  xml: "application/xml",
  rss: "application/rss+xml",
  atom: "application/atom+xml",
  rdf: "application/rdf+xml",
  json: "application/json",
};

/** Media type of a file by its name's ending, without a charset; undefined where the ending says nothing. */
export function mediaTypeOf(path: string): string | undefined {
  return BY_SUFFIX[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""];
}
