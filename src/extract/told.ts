import { type Content, isInside } from "./content.ts";
import { type Block, type Segment, type Segments, segmentsIn } from "./segments.ts";

/** What a page tells machines of its article (JSON-LD `articleBody`) is believed as a judge from this length on. */
const TOLD_CHARACTERS_MIN = 800;
/** What is read of it. */
const TOLD_CHARACTERS_MAX = 100_000;
/** So many letters in a row are no chance, in any script. */
const WINDOW = 16;
const WINDOW_STEP = 8;
/** A line is told where so much of it is. */
const LINE_SHARE_MIN = 0.7;
/** The page shows what it tells where so much of that is found: else the rest is behind a wall, or another text. */
const SHOWN_SHARE_MIN = 0.6;
/** A choice that has less of what is shown and told is wrong. */
const COVERED_SHARE_MIN = 0.8;
/** The block of the article holds so much of it. */
const HELD_SHARE_MIN = 0.9;
/** What a right choice may hold beside. */
const OUTSIDE_SHARE_MAX = 0.2;

/**
 * The chosen content, judged by what the page tells machines its article is: chosen anew where it lacks much of that
 * though the page shows it, and without what stands outside its block where that is much. What is told may be a teaser,
 * so that nothing within the block goes.
 */
export function judgeByTold(page: Segments, content: Content, told: string): Content {
  if (told.length < TOLD_CHARACTERS_MIN) return content;
  const key = compact(told.slice(0, TOLD_CHARACTERS_MAX));
  const said = listTold(page.segments, key);
  const size = sizeOf(said);
  if (said.reduce((sum, { text }) => sum + compact(text).length, 0) < key.length * SHOWN_SHARE_MIN) return content;
  const kept = new Set(content.kept.filter(({ block }) => isInside(block, content.root)).map(({ text }) => text));
  const chosen = sizeOf(content.kept);
  const covered = sizeOf(said.filter(({ text }) => kept.has(text)));
  const root = holderOf(page, said, size);
  // A beginning is told of many a long article.
  const isTeaser = size < chosen * SHOWN_SHARE_MIN;
  if (covered < size * COVERED_SHARE_MIN && !(isTeaser && covered > size * OUTSIDE_SHARE_MAX))
    return {
      ...content,
      root,
      kept: [...leadOf(content, root, size), ...keptIn(page, root, said, content)],
      isGuess: false,
    };
  const inside = content.kept.filter(({ block }) => isInside(block, root));
  const isWider = chosen - sizeOf(inside) > chosen * OUTSIDE_SHARE_MAX;
  return isWider && !isTeaser && sizeOf(inside) >= size * COVERED_SHARE_MIN
    ? { ...content, root, kept: [...leadOf(content, root, size), ...inside] }
    : content;
}

/** Lines that are told, each text once. */
function listTold(segments: readonly Segment[], key: string): readonly Segment[] {
  const windows = new Set<string>();
  for (let index = 0; index + WINDOW <= key.length; index++) windows.add(key.slice(index, index + WINDOW));
  const texts = new Set<string>();
  return segments.filter(({ text, level }) => {
    if (level > 0 || texts.has(text) || !isTold(compact(text), windows)) return false;
    texts.add(text);
    return true;
  });
}

function isTold(line: string, windows: ReadonlySet<string>): boolean {
  let all = 0;
  let told = 0;
  for (let index = 0; index + WINDOW <= line.length; index += WINDOW_STEP) {
    all += 1;
    if (windows.has(line.slice(index, index + WINDOW))) told += 1;
  }
  return all > 1 && told >= all * LINE_SHARE_MIN;
}

/** The innermost block that holds nearly all of some lines. */
function holderOf({ blocks }: Segments, lines: readonly Segment[], size: number): Block {
  const held = new Float64Array(blocks.length);
  for (const line of lines) held[line.block.order] = (held[line.block.order] ?? 0) + line.size;
  let holder: Block | undefined;
  for (const block of blocks.toReversed()) {
    const own = held[block.order] ?? 0;
    if (holder === undefined && own >= size * HELD_SHARE_MIN) holder = block;
    if (block.parent !== null) held[block.parent.order] = (held[block.parent.order] ?? 0) + own;
  }
  // The outermost block holds all there is.
  return holder ?? (blocks[0] as Block);
}

/** Up to the last told line, without what stands beside. */
function keptIn(page: Segments, root: Block, said: readonly Segment[], { beside }: Content): readonly Segment[] {
  const told = new Set(said);
  const inside = segmentsIn(page, root);
  const last = inside.findLastIndex((segment) => told.has(segment));
  return inside.slice(0, last + 1).filter((segment) => told.has(segment) || !beside.has(segment.block));
}

/** What stands between headline and block: a picture, a standfirst; nothing where that is much. */
function leadOf({ kept, headline }: Content, root: Block, size: number): readonly Segment[] {
  const lead = kept.filter(({ index }) => index > (headline?.index ?? -1) && index < root.firstSegment);
  return sizeOf(lead) <= size * OUTSIDE_SHARE_MAX ? lead : [];
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0);
}

/** Letters and figures alone. */
function compact(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
}
