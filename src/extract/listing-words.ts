import type { ChildNode, Element } from "domhandler";
import { foldText } from "../html/text.ts";

/** Elements whose words stand in the line around them; all others stand apart. */
const INLINE = new Set(
  "a abbr b bdi bdo cite code data em font i ins kbd mark q s small span strong sub sup time u var wbr".split(" "),
);
const SILENT = new Set("head iframe noembed noframes noscript script style svg template title".split(" "));
/** Elements looked into for each character wanted: a heap of empty elements says nothing. */
const NODES_PER_CHARACTER = 4;

/** The first characters of what these nodes say, as a reader sees it; never looks at more of them than it needs. */
export function wordsOf(nodes: readonly ChildNode[], charactersMax: number): string {
  const parts: string[] = [];
  const pending: (ChildNode | null)[] = nodes.toReversed();
  let left = charactersMax;
  let steps = charactersMax * NODES_PER_CHARACTER;
  for (let node = pending.pop(); node !== undefined && left > 0 && steps > 0; node = pending.pop(), steps--) {
    if (node === null) parts.push(" ");
    else if (node.type === "text") {
      // White space is folded afterwards: indentation takes none of the room.
      const text = node.data.length > charactersMax * 8 ? node.data.slice(0, charactersMax * 8) : node.data;
      const folded = text.replace(/\s+/g, " ");
      parts.push(folded);
      left -= folded === " " ? 0 : folded.length;
    } else if (node.type === "tag" && !SILENT.has(node.name)) {
      const apart = !INLINE.has(node.name);
      if (apart) {
        parts.push(" ");
        pending.push(null);
      }
      for (let at = node.children.length - 1; at >= 0; at--) {
        const child = node.children[at];
        if (child !== undefined) pending.push(child);
      }
    }
  }
  return foldText(parts.join("")).slice(0, charactersMax);
}

/** What an element says where that is at most so long; nothing where it is longer. */
export function shortWordsOf(element: Element, charactersMax: number): string {
  const words = wordsOf(element.children, charactersMax + 1);
  return words.length > charactersMax ? "" : words;
}
