import type { Document, Element } from "domhandler";
import { ParseError } from "../errors.ts";
import type { DocumentContext } from "../model/parsed.ts";

/** A part of the page that is about the site rather than its stories. */
type Zone = "main" | "aside" | "frame";

/** An element with its place in the page. */
export interface Spot {
  readonly element: Element;
  /** Place in document order. */
  index: number;
  /** Index after the last element inside. */
  end: number;
  readonly parent: Spot | null;
  readonly depth: number;
  readonly zone: Zone;
  /** Tag and the classes that it shares with its siblings. */
  readonly name: string;
}

/** All elements of a page that a reader can see, in document order. */
export interface PageTree {
  readonly spots: readonly Spot[];
  readonly spotOf: ReadonlyMap<Element, Spot>;
}

const LISTING_LIMITS = { elementsMax: 300_000, depthMax: 3000 } as const;

const UNSEEN = new Set(["head", "script", "style", "template", "noscript", "svg", "iframe", "select", "datalist"]);
const FRAME_TAGS = new Set(["nav", "footer", "dialog"]);
const FRAME_ROLES = new Set(["navigation", "contentinfo", "banner", "search", "dialog", "menu", "menubar"]);
const FRAME_WORDS =
  /^(?:(?:site|page|global|main|primary|secondary|top|mobile|mega|off)[-_]?)?(?:nav|navbar|navigation|menu|megamenu|footer|breadcrumbs?|cookie|consent|masthead|social|share|sharing|pagination|pager|legal|subscribe|newsletter)(?:[-_](?:nav|menu|bar|list|links?|wrapper|container|section|inner|items?|content|main|block|widget))*$/i;
/** The foot of the page, by whatever prefix; cards have feet of their own. */
const FOOTER_WORDS =
  /^(?!.*(?:card|entry|post|article|item|story|teaser|media|block|panel)).*(?:^|[-_])footer(?:$|[-_])/i;
const ASIDE_WORDS = /^(?:sidebar|aside|rail|right-?rail|widget-?area)$/i;
const HIDDEN_STYLE = /display\s*:\s*none|visibility\s*:\s*hidden/i;

const NO_CLASSES: readonly string[] = [];

function classesOf(element: Element): readonly string[] {
  const label = element.attribs.class;
  if (label === undefined || label === "") return NO_CLASSES;
  const cut = label.length > 1000 ? label.slice(0, 1000) : label;
  return /\s/.test(cut) ? cut.split(/\s+/).filter((name) => name !== "") : [cut];
}

function isHidden(element: Element): boolean {
  const { attribs } = element;
  if (attribs.hidden !== undefined) return true;
  return HIDDEN_STYLE.test(attribs.style?.slice(0, 300) ?? "");
}

function isFrameWord(label: string): boolean {
  return label.length < 80 && (FRAME_WORDS.test(label) || FOOTER_WORDS.test(label));
}

function zoneOf(element: Element, classes: readonly string[], outer: Zone): Zone {
  if (outer === "frame") return outer;
  const { attribs, name } = element;
  if (FRAME_TAGS.has(name) || FRAME_ROLES.has(attribs.role ?? "")) return "frame";
  const labels = attribs.id === undefined ? classes.slice(0, 8) : [...classes.slice(0, 8), attribs.id];
  if (name !== "body" && name !== "main" && labels.some(isFrameWord)) return "frame";
  if (name === "aside" || labels.some((label) => ASIDE_WORDS.test(label))) return "aside";
  return outer;
}

/** An element below the one that is laid out, with its classes. */
interface Child {
  readonly element: Element;
  readonly classes: readonly string[];
}

interface Count {
  total: number;
  readonly classes: Map<string, number>;
}

/** Class names that at least half of the like siblings have: what makes the card, not what marks one card. */
function countClasses(children: readonly Child[]): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (const { element, classes } of children) {
    const entry = counts.get(element.name) ?? { total: 0, classes: new Map<string, number>() };
    entry.total++;
    for (const name of classes) entry.classes.set(name, (entry.classes.get(name) ?? 0) + 1);
    counts.set(element.name, entry);
  }
  return counts;
}

function isShared(name: string, { total, classes }: Count): boolean {
  return total > 1 ? (classes.get(name) ?? 0) * 2 >= total : !/\d/.test(name);
}

/** Tag and shared classes: equal for elements of one kind. */
function nameOf({ element, classes }: Child, count: Count | undefined): string {
  if (count === undefined || classes.length === 0) return element.name;
  const kept = classes.filter((name) => isShared(name, count)).sort();
  return [element.name, ...new Set(kept)].slice(0, 6).join(".");
}

/**
 * Lays out the page for the search of listings: document order, subtree ends, zones. One pass, no recursion. Throws
 * `ParseError` `too_many_elements` and `too_deep` where LISTING_LIMITS are passed.
 */
export function layOut(document: Document, context: DocumentContext): PageTree {
  const spots: Spot[] = [];
  const spotOf = new Map<Element, Spot>();
  const pending: { readonly node: Element | Document; readonly spot: Spot | null; close: boolean }[] = [
    { node: document, spot: null, close: false },
  ];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const { node, spot } = step;
    if (step.close) {
      if (spot !== null) spot.end = spots.length;
      continue;
    }
    if (spot !== null) {
      // Indices are given when an element is entered, so that they follow document order.
      spot.index = spots.length;
      spots.push(spot);
      spotOf.set(spot.element, spot);
      if (spots.length > LISTING_LIMITS.elementsMax) throw tooMuch("too_many_elements", context, "elements");
      if (spot.depth > LISTING_LIMITS.depthMax) throw tooMuch("too_deep", context, "levels");
      pending.push({ node, spot, close: true });
    }
    enter(node, spot, pending);
  }
  return { spots, spotOf };
}

function enter(
  node: Element | Document,
  spot: Spot | null,
  pending: { node: Element | Document; spot: Spot | null; close: boolean }[],
): void {
  const children: Child[] = [];
  for (const child of node.children)
    if (child.type === "tag") children.push({ element: child, classes: classesOf(child) });
  const counts = countClasses(children);
  for (let at = children.length - 1; at >= 0; at--) {
    const child = children[at];
    if (child === undefined || UNSEEN.has(child.element.name) || isHidden(child.element)) continue;
    const { element } = child;
    const zone = zoneOf(element, child.classes, spot?.zone ?? "main");
    const name = nameOf(child, counts.get(element.name));
    const depth = (spot?.depth ?? 0) + 1;
    pending.push({ node: element, spot: { element, index: 0, end: 0, parent: spot, depth, zone, name }, close: false });
  }
}

function tooMuch(code: string, context: DocumentContext, what: string): ParseError {
  return new ParseError(`Cannot search the page for listings: too many ${what}`, { code, concerns: context.url });
}

/** Whether one element lies inside another, or is it. */
export function contains(outer: Spot, inner: Spot): boolean {
  return outer.index <= inner.index && inner.index < outer.end;
}

const HEADING = /^h[1-6]$/;

export function isHeading(element: Element): boolean {
  return HEADING.test(element.name) || element.attribs.role === "heading";
}

/** The nearest ancestor (or the spot itself) that passes, at most `levels` up. */
export function closest(spot: Spot, levels: number, pass: (spot: Spot) => boolean): Spot | null {
  let at: Spot | null = spot;
  for (let level = 0; at !== null && level <= levels; level++) {
    if (pass(at)) return at;
    at = at.parent;
  }
  return null;
}
