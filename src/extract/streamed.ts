import type { ChildNode, Document, Element, ParentNode } from "domhandler";
import { walkElements } from "./metadata.ts";

/** Pieces that one page may be sent in. */
const PIECES_MAX = 2000;

/**
 * Puts the pieces of a streamed page where they belong, as its script would: React sends what was not ready at first in
 * hidden elements (`S:` and a number) behind the page, and a template (`B:` or `P:` and the same number) keeps its place.
 */
export function joinStreamed(document: Document): void {
  const pieces = new Map<string, Element>();
  const places = new Map<string, Element>();
  walkElements(document, (element) => {
    const { id } = element.attribs;
    if (id === undefined || id[1] !== ":") return;
    if (element.name === "template" && (id[0] === "B" || id[0] === "P")) places.set(id.slice(2), element);
    else if (id[0] === "S" && isHeldBack(element)) pieces.set(id.slice(2), element);
  });
  let joined = 0;
  for (const [number, piece] of pieces) {
    const place = places.get(number);
    if (place?.parent && !isWithin(place, piece) && joined++ < PIECES_MAX) replace(place, place.parent, piece);
  }
}

function isHeldBack(element: Element): boolean {
  let at: ParentNode | null = element;
  for (let level = 0; level < 3 && at !== null && "attribs" in at; level++, at = at.parent)
    if (at.attribs.hidden !== undefined) return true;
  return false;
}

function isWithin(element: Element, outer: Element): boolean {
  for (let at: ParentNode | null = element; at !== null; at = at.parent) if (at === outer) return true;
  return false;
}

/** The children of `piece` in the place of `place`. */
function replace(place: Element, parent: ParentNode, piece: Element): void {
  const at = parent.children.indexOf(place);
  const children: readonly ChildNode[] = piece.children;
  parent.children = [...parent.children.slice(0, at), ...children, ...parent.children.slice(at + 1)];
  piece.children = [];
  for (const child of children) child.parent = parent;
  link(place.prev, children[0] ?? place.next);
  if (children.length > 0) link(children.at(-1) ?? null, place.next);
}

function link(previous: ChildNode | null, next: ChildNode | null): void {
  if (previous !== null) previous.next = next;
  if (next !== null) next.prev = previous;
}
