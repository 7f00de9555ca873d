/** JSON-LD as pages carry it: loosely, with comments, in graphs, with references by `@id`. */
export type LdNode = Readonly<Record<string, unknown>>;

const SCRIPT_CHARACTERS_MAX = 2_000_000;
const NODES_MAX = 5000;
const DEPTH_MAX = 12;

/** Every object of the scripts that has a type or an id, in document order, with what it contains. */
export interface LdGraph {
  readonly nodes: readonly LdNode[];
  readonly byId: ReadonlyMap<string, LdNode>;
}

export function readJsonLd(scripts: readonly string[]): LdGraph {
  const nodes: LdNode[] = [];
  const byId = new Map<string, LdNode>();
  for (const script of scripts) collect(parseLoosely(script), 0, nodes, byId);
  return { nodes, byId };
}

/** Scripts with newlines in strings, a stray comma or an HTML comment around them still say what they say. */
function parseLoosely(script: string): unknown {
  if (script.length > SCRIPT_CHARACTERS_MAX) return null;
  const bare = script
    .replace(/^\s*(?:<!--|\/\/<!\[CDATA\[|<!\[CDATA\[|\/\*<!\[CDATA\[\*\/)/, "")
    .replace(/(?:-->|\/\/\]\]>|\]\]>|\/\*\]\]>\*\/|;)\s*$/, "");
  return parseJson(bare) ?? parseJson(bare.replace(/[\u0000-\u001f]/g, " ").replace(/,(\s{0,99})([}\]])/g, "$1$2"));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function collect(value: unknown, depth: number, nodes: LdNode[], byId: Map<string, LdNode>): void {
  if (depth > DEPTH_MAX || nodes.length >= NODES_MAX || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, depth + 1, nodes, byId);
    return;
  }
  // The cast is right: an object of JSON is a record.
  const node = value as LdNode;
  const id = node["@id"];
  const described = Object.keys(node).length > 1;
  if (described && (node["@type"] !== undefined || typeof id === "string")) nodes.push(node);
  if (typeof id === "string" && described && !byId.has(id)) byId.set(id, node);
  for (const child of Object.values(node)) collect(child, depth + 1, nodes, byId);
}

export function typesOf(node: LdNode): readonly string[] {
  const type = node["@type"];
  return (Array.isArray(type) ? type : [type])
    .filter((name): name is string => typeof name === "string")
    .map((name) => name.replace(/^.*[/#:]/, ""));
}

/** The values of a property as a list, references resolved. */
export function listOf(graph: LdGraph, value: unknown): readonly unknown[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.map((item) => resolve(graph, item));
}

function resolve(graph: LdGraph, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  // The cast is right: an object of JSON is a record.
  const node = value as LdNode;
  const id = node["@id"];
  return typeof id === "string" && node.name === undefined && node.url === undefined
    ? (graph.byId.get(id) ?? node)
    : node;
}

/** The first text of a property: a string, or the `@value`, `name` or `url` of an object. */
export function textIn(
  graph: LdGraph,
  value: unknown,
  keys: readonly string[] = ["@value", "name"],
): string | undefined {
  for (const item of listOf(graph, value)) {
    if (typeof item === "string" && item.trim() !== "") return item;
    if (typeof item === "number") return String(item);
    if (typeof item !== "object" || item === null) continue;
    for (const key of keys) {
      // The cast is right: an object of JSON is a record.
      const text = (item as LdNode)[key];
      if (typeof text === "string" && text.trim() !== "") return text;
    }
  }
  return undefined;
}
