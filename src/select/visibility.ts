import type { Feed } from "../model/feed.ts";
import type { Source, SourceId } from "../model/source.ts";
import { compileSelector } from "./select.ts";

/**
 * Whether readers without a token may see a source's stories outside the operator's feeds: unless every feed that draws
 * from it asks for a token. A source that no feed draws from is not hidden.
 */
export function compileVisibility(feeds: readonly Feed[], sources: readonly Source[]): (id: string) => boolean {
  const selectors = feeds.map((feed) => compileSelector(feed, sources));
  const known = new Set<string>(sources.map(({ id }) => id));
  const isOpen = (id: SourceId | null): boolean => {
    const drawing = selectors.filter((selector) => selector.drawsFrom(id));
    return drawing.length === 0 || drawing.some(({ feed }) => feed.access === "public");
  };
  const hidden = new Set<string>(sources.map(({ id }) => id).filter((id) => !isOpen(id)));
  const isRemovedOpen = isOpen(null);
  return (id) => (known.has(id) ? !hidden.has(id) : isRemovedOpen);
}
