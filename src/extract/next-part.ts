import type { Document, Element } from "domhandler";
import { foldText, textOf } from "../html/text.ts";
import type { DocumentContext } from "../model/parsed.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { type PageMetadata, walkElements } from "./metadata.ts";

/** Articles have fewer parts; larger numbers are identifiers. */
const PART_MAX = 60;
const LINKS_MAX = 5000;

/** What addresses call a part, in the languages of the web. */
const PART_WORD =
  "(?:page|pages|pagenum|pagenumber|pageno|page_no|paged|p|pg|pag|pagina|página|páxina|seite|s|side|sida|sivu|strona|str|strana|stranica|oldal|pagina_nr|teil|part|parte|partie|del|chapter)";
/** The piece of an address that makes it the address of a part: `/2`, `/page/2/`, `?page=2`, `-2`, `,2`, `2`. */
const PART_PIECE = new RegExp(`^(?<mark>/?[?&/_,.;-]?(?:${PART_WORD}[=/_,-]?)?)(?<number>\\d{1,2})[/&]?$`, "i");
const WORD_BEFORE = new RegExp(`[?&/_,.;-]${PART_WORD}[=/_,-]?$`, "i");

/** What a link to the next part is called where it is not a figure; figures are compared. */
const NEXT_PART =
  /^(?:(?:go to |continue (?:to|on) |on to )?(?:the )?(?:next|following) (?:page|part)|next|continue(?: reading)?|read on|(?:go to |continue (?:to|on) )?(?:page|part) \d{1,2}|(?:weiter(?:lesen)?|nächste seite|weiter auf seite \d{1,2}|(?:auf |zu )?seite \d{1,2})|(?:page suivante|suite|suivante?|lire la suite|page \d{1,2})|(?:(?:página )?siguiente|página \d{1,2}|continuar leyendo|próxima página|próxima)|(?:pagina successiva|successiva|continua|avanti|pagina \d{1,2})|volgende(?: pagina)?|nästa(?: sida)?|neste(?: side)?|næste(?: side)?|seuraava(?: sivu)?|(?:następna(?: strona)?|dalej|strona \d{1,2})|další(?: strana)?|следующая(?: страница)?|далее|наступна(?: сторінка)?|sonraki(?: sayfa)?|(?:次へ|次のページ(?:へ)?|続きを読む)|(?:下一[页頁]|下[页頁])|다음(?: 페이지)?|التالي|הבא)$/iu;

/** Blocks whose pages are not the article's. */
const OTHER_PAGES = /comment|kommentar|comentario|respond|disqus|related|archive|listing/i;

/**
 * Where a page names the next part of its own article: a link of a pager (`rel=next`, "next page", the part's figure)
 * whose address is the page's own but for the part's number. Undefined where there is none: the next story of a blog
 * has another address, and pages of comments are told by the block they stand in.
 */
export function findNextPart(
  document: Document,
  page: PageMetadata,
  context: DocumentContext,
): AbsoluteUrl | undefined {
  const own = ownAddresses(page, context);
  if (own.length === 0) return undefined;
  const base = resolveWebUrl(page.baseHref, context.url) ?? own[0];
  const stems = own.map(stemOf);
  let found: AbsoluteUrl | undefined;
  let links = 0;
  walkElements(document, (element) => {
    if (found !== undefined || element.attribs.href === undefined || links++ > LINKS_MAX) return;
    if (element.name !== "a" && element.name !== "link") return;
    if (!mayLeadOn(element.attribs.href, stems)) return;
    const url = resolveWebUrl(element.attribs.href, base);
    if (url !== null && own.some((address) => isNextPart(address, url, element))) found = url;
  });
  return found;
}

/** The letters of an address that those of its parts have too. */
function stemOf(address: AbsoluteUrl): string {
  const names = new URL(address).pathname.split("/").filter((name) => /[a-z]/i.test(name));
  return /^[\w-]{0,12}/.exec(names.at(-1) ?? "")?.[0].replace(/[\d_-]+$/, "") ?? "";
}

/** Whether an address is worth a look: most links of a page cannot lead on. */
function mayLeadOn(href: string, stems: readonly string[]): boolean {
  if (!/\d/.test(href)) return false;
  return !/^(?:[a-z]+:|\/)/i.test(href) || stems.some((stem) => href.includes(stem));
}

/** A page may be reached by an address with more in it than its own. */
function ownAddresses(page: PageMetadata, context: DocumentContext): readonly AbsoluteUrl[] {
  const own = resolveWebUrl(context.url);
  const canonical = resolveWebUrl(page.canonical, own ?? undefined);
  return [own, canonical].flatMap((url) => (url === null || new URL(url).pathname === "/" ? [] : [url]));
}

function isNextPart(own: AbsoluteUrl, url: AbsoluteUrl, link: Element): boolean {
  const step = partStep(own, url);
  if (step === null) return false;
  const words = linkWords(link);
  const isFigure = words === String(step.number);
  const isNamed = isFigure || /(?:^|\s)next(?:\s|$)/i.test(link.attribs.rel ?? "") || NEXT_PART.test(words);
  // A bare figure at the end of an address may be an identifier, or tell two stories of one name apart.
  return isNamed && (step.isMarked || isFigure) && !isAmongOthers(link);
}

interface PartStep {
  readonly number: number;
  /** Whether the address calls it a part, by a word or by its place below the first. */
  readonly isMarked: boolean;
}

/**
 * The number of the part that `url` is, where it is the one after `own`; null for any other address.
 * @internal Tests use it by itself.
 */
export function partStep(own: AbsoluteUrl, url: AbsoluteUrl): PartStep | null {
  const a = new URL(own);
  const b = new URL(url);
  if (a.host !== b.host) return null;
  const { before, left, right } = splitDifference(a.pathname + a.search, b.pathname + b.search);
  const next = PART_PIECE.exec(right)?.groups;
  const number = Number(next?.number);
  if (next === undefined || number < 2 || number > PART_MAX) return null;
  const mark = next.mark ?? "";
  const isNamed = WORD_BEFORE.test(before) || mark.length > 1;
  if (left === "" || left === "/")
    return number === 2 ? { number, isMarked: isNamed || mark === "/" || before.endsWith("/") } : null;
  const now = PART_PIECE.exec(left)?.groups;
  return now !== undefined && Number(now.number) === number - 1 && isPartOfName(before, now.mark)
    ? { number, isMarked: isNamed }
    : null;
}

/** No letter stands right before a number that counts parts, but for the words that name them. */
function isPartOfName(before: string, mark: string | undefined): boolean {
  return mark !== "" || !/\p{L}$/u.test(before) || WORD_BEFORE.test(before);
}

/** Two addresses without what they begin and end with alike; figures stay whole. */
function splitDifference(a: string, b: string): { before: string; left: string; right: string } {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  while (start > 0 && isDigit(a[start - 1]) && (isDigit(a[start]) || isDigit(b[start]))) start--;
  let end = 0;
  const most = Math.min(a.length, b.length) - start;
  while (end < most && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  while (end > 0 && isDigit(a[a.length - end]) && (isDigit(a[a.length - end - 1]) || isDigit(b[b.length - end - 1])))
    end--;
  return { before: a.slice(0, start), left: a.slice(start, a.length - end), right: b.slice(start, b.length - end) };
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}

function linkWords({ name, attribs, children }: Element): string {
  if (name === "link" || children.length > 5) return "";
  const shown = textOf(children).slice(0, 100);
  const words = shown === "" || !/[\p{L}\p{N}]/u.test(shown) ? (attribs["aria-label"] ?? attribs.title ?? "") : shown;
  return foldText(words.slice(0, 100).replace(/[^\p{L}\p{M}\p{N} ]+/gu, " "));
}

function isAmongOthers(link: Element): boolean {
  if (/comment/i.test(link.attribs.href ?? "")) return true;
  let at = link.parent;
  for (let level = 0; at !== null && "attribs" in at && at.name !== "body" && level < 6; level++, at = at.parent)
    if (OTHER_PAGES.test(`${at.attribs.class ?? ""} ${at.attribs.id ?? ""}`.slice(0, 300))) return true;
  return false;
}
