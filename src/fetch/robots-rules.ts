/** What is read of a robots.txt, in bytes (RFC 9309 §2.5: at least 500 KiB). */
export const ROBOTS_BYTES_MAX = 500 * 1024;

/** Rules kept of one group; what comes behind them is left out. */
const RULES_MAX = 5_000;

/** Characters of a path that rules are compared with. */
const PATH_CHARACTERS_MAX = 2_048;

/** Longest crawl delay that is obeyed, in milliseconds. */
const CRAWL_DELAY_MAX_MS = 300_000;

/** One Allow or Disallow line: the literal parts between the stars, normalized. */
interface RobotsRule {
  readonly allow: boolean;
  readonly parts: readonly string[];
  /** The path must end where the pattern ends. */
  readonly anchored: boolean;
  /** Octets of the pattern: the longest matching rule wins. */
  readonly length: number;
}

/** What one robots.txt says to one robot. */
export interface RobotsRules {
  readonly rules: readonly RobotsRule[];
  /** `Crawl-delay`, no part of the standard but widely written; milliseconds, at most 300,000. */
  readonly crawlDelayMs?: number;
}

/** Where there is no robots.txt. */
export const ALLOW_ALL: RobotsRules = { rules: [] };

interface Group {
  readonly agents: Set<string>;
  readonly rules: RobotsRule[];
  crawlDelayMs: number | undefined;
}

/**
 * The rules of a robots.txt for a product token: of all groups that name it, else of all groups for `*`, else none
 * (RFC 9309 §2.2). Lines that are no rules are passed over; text behind 500 KiB is not read.
 */
export function parseRobots(text: string, token: string): RobotsRules {
  const groups = readGroups(text.slice(0, ROBOTS_BYTES_MAX));
  const named = groups.filter((group) => group.agents.has(token.toLowerCase()));
  const chosen = named.length > 0 ? named : groups.filter((group) => group.agents.has("*"));
  const crawlDelayMs = chosen.find((group) => group.crawlDelayMs !== undefined)?.crawlDelayMs;
  const rules = chosen.flatMap((group) => group.rules).slice(0, RULES_MAX);
  return crawlDelayMs === undefined ? { rules } : { rules, crawlDelayMs };
}

function readGroups(text: string): readonly Group[] {
  const groups: Group[] = [];
  let group: Group | undefined;
  let namesAgents = false;
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)) {
    const [key, value] = readLine(line);
    if (key === "user-agent") {
      // Lines of user agents that follow one another head one group.
      if (!namesAgents || group === undefined) groups.push((group = newGroup()));
      group.agents.add(readAgent(value));
      namesAgents = true;
    } else if (key === "allow" || key === "disallow") {
      namesAgents = false;
      if (group !== undefined && value !== "") group.rules.push(readRule(key === "allow", value));
    } else if (key === "crawl-delay" && group !== undefined) {
      namesAgents = false;
      group.crawlDelayMs ??= readDelay(value);
    }
  }
  return groups;
}

function newGroup(): Group {
  return { agents: new Set(), rules: [], crawlDelayMs: undefined };
}

function readLine(line: string): [key: string, value: string] {
  const comment = line.indexOf("#");
  const rule = comment < 0 ? line : line.slice(0, comment);
  const colon = rule.indexOf(":");
  if (colon < 0) return ["", ""];
  return [rule.slice(0, colon).trim().toLowerCase(), rule.slice(colon + 1).trim()];
}

/** The product token, without the version that some write behind it (RFC 9309 §2.2.1). */
function readAgent(value: string): string {
  return value.startsWith("*") ? "*" : (/^[A-Za-z_-]+/.exec(value)?.[0] ?? "").toLowerCase();
}

function readDelay(value: string): number | undefined {
  const seconds = /^\d{1,9}(?:\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
  return Number.isNaN(seconds) ? undefined : Math.min(seconds * 1000, CRAWL_DELAY_MAX_MS);
}

function readRule(allow: boolean, value: string): RobotsRule {
  const anchored = value.endsWith("$");
  const pattern = normalizePath(anchored ? value.slice(0, -1) : value);
  return { allow, parts: pattern.split(/\*+/), anchored, length: pattern.length + Number(anchored) };
}

/**
 * Whether the rules let the robot ask for `url`: the longest matching rule decides, Allow wins a tie, and what no rule
 * matches is allowed (RFC 9309 §2.2.2). Takes time linear in the rules and in rules times path, whatever they hold.
 */
export function isAllowed(robots: RobotsRules, url: URL): boolean {
  const path = normalizePath(`${url.pathname}${url.search}`).slice(0, PATH_CHARACTERS_MAX);
  if (path === "/robots.txt") return true;
  let best: RobotsRule | undefined;
  for (const rule of robots.rules) {
    if (best !== undefined && !isStronger(rule, best)) continue;
    if (matches(rule, path)) best = rule;
  }
  return best?.allow ?? true;
}

function isStronger(rule: RobotsRule, best: RobotsRule): boolean {
  return rule.length > best.length || (rule.length === best.length && rule.allow && !best.allow);
}

/** The first part stands at the start, each further one anywhere behind; an anchored last one at the end. */
function matches({ parts, anchored }: RobotsRule, path: string): boolean {
  const [first = "", ...rest] = parts;
  if (!path.startsWith(first)) return false;
  if (rest.length === 0) return !anchored || path.length === first.length;
  const last = rest.length - 1;
  let at = first.length;
  for (const [index, part] of rest.entries()) {
    if (anchored && index === last) return path.length - part.length >= at && path.endsWith(part);
    const found = find(part, path, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}

/** `indexOf` in linear time whatever the texts are (Knuth, Morris and Pratt). */
function find(part: string, path: string, from: number): number {
  if (part.length === 0) return from;
  if (part.length > path.length - from) return -1;
  const borders = bordersOf(part);
  let matched = 0;
  for (let at = from; at < path.length; at += 1) {
    while (matched > 0 && path[at] !== part[matched]) matched = borders[matched - 1] ?? 0;
    if (path[at] === part[matched]) matched += 1;
    if (matched === part.length) return at - matched + 1;
  }
  return -1;
}

/** For each prefix the length of its longest proper prefix that is also its suffix. */
function bordersOf(part: string): Uint16Array {
  const borders = new Uint16Array(part.length);
  let length = 0;
  for (let at = 1; at < part.length; at += 1) {
    while (length > 0 && part[at] !== part[length]) length = borders[length - 1] ?? 0;
    if (part[at] === part[length]) length += 1;
    borders[at] = length;
  }
  return borders;
}

const UNRESERVED = /^[A-Za-z0-9._~-]$/;

/** Escapes of unreserved characters are undone, what is not ASCII is escaped, escapes are upper case (RFC 9309 §2.2.2). */
function normalizePath(path: string): string {
  return path
    .replace(/%[0-9A-Fa-f]{2}/g, (triplet) => {
      const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
      return UNRESERVED.test(character) ? character : triplet.toUpperCase();
    })
    .replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}
