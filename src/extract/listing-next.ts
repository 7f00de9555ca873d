import { selectAll } from "css-select";
import type { ChildNode, Document, Element } from "domhandler";
import { ParseError } from "../errors.ts";
import { foldText, textOf } from "../html/text.ts";
import { type AbsoluteUrl, resolveWebUrl, urlIdentity } from "../model/url.ts";
import type { PageReader } from "./listing-card.ts";

/** All elements a CSS selector matches, in document order. Throws `ParseError` `bad_selector` for what is none. */
export function select(selector: string, within: Document | Element, reader: PageReader): readonly Element[] {
  try {
    return selectAll(selector, within).filter((node): node is Element => node.type === "tag");
  } catch (cause) {
    const message = `Cannot read ${JSON.stringify(selector)} as a CSS selector`;
    throw new ParseError(message, { code: "bad_selector", concerns: reader.context.url, cause });
  }
}

const WORDS_MAX = 30;

/** What "next page" is called, with arrows left out. */
const NEXT_WORDS =
  /^(?:next(?: page)?|older(?: posts| stories| entries| articles)?|more stories|(?:load|show|view|see) more(?: stories| articles| posts| news)?|weiter(?:e (?:artikel|meldungen|beiträge))?|mehr (?:laden|anzeigen)|voir plus|(?:cargar|ver) más|carica altr[oi]|carregar mais|meer laden|показать ещ[её]|もっと見る|加载更多|查看更多|더 ?보기|(?:عرض )?المزيد|nächste(?: seite)?|ältere (?:beiträge|artikel)|suivante?|page suivante|articles? plus anciens|siguiente|página siguiente|entradas? más antiguas|anteriores|successiv[ao]|pagina successiva|avanti|próxima?|próxima página|volgende(?: pagina)?|nästa|neste|næste|seuraava|następna|dalej|další|следующая|далее|вперед|наступна|sonraki|次へ|次の(?:ページ|記事)|下一[页頁]|下[页頁]|다음|التالي|הבא|अगला|επόμενη|berikutnya|selanjutnya|tiếp|sau)$/iu;

/** Longer words are no name for a next page; they are not gathered. */
function isShort(element: Element): boolean {
  const [first] = element.children;
  return element.children.length <= 3 && (first?.type !== "text" || first.data.length <= 2 * WORDS_MAX);
}

function isNextLink(element: Element): boolean {
  const label = element.attribs["aria-label"] ?? element.attribs.title ?? "";
  const shown = isShort(element) ? textOf(element.children) : "";
  const words = [shown, foldText(label)].filter((text) => text !== "" && text.length <= WORDS_MAX);
  return words.some((text) => NEXT_WORDS.test(text.replace(/[^\p{L}\p{M} ]+/gu, "").trim()));
}

function isRelNext(element: Element): boolean {
  return /(?:^|\s)next(?:\s|$)/i.test(element.attribs.rel ?? "");
}

/** The links of a page that may lead on: `link` elements of its head, `a` elements, in document order. */
function listLinkElements(document: Document): readonly Element[] {
  const elements: Element[] = [];
  const pending: ChildNode[] = document.children.toReversed();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type !== "tag") continue;
    if ((node.name === "a" || node.name === "link") && node.attribs.href !== undefined) elements.push(node);
    for (let at = node.children.length - 1; at >= 0; at--) {
      const child = node.children[at];
      if (child !== undefined) pending.push(child);
    }
  }
  return elements;
}

function candidates(document: Document): readonly Element[] {
  const links = listLinkElements(document);
  const words = links.filter((element) => element.name === "a" && !isRelNext(element) && isNextLink(element));
  return [...links.filter(isRelNext), ...words];
}

/**
 * The address of a listing's next page: by selector, by `rel=next` (HTML §4.6.6.12), by what its link is called. Null
 * where there is none, or where it leads to another host or back to this page.
 */
export function findNextUrl(document: Document, selector: string | undefined, reader: PageReader): AbsoluteUrl | null {
  const elements = selector === undefined ? candidates(document) : select(selector, document, reader);
  const own = resolveWebUrl(reader.context.url);
  for (const element of elements) {
    const url = resolveWebUrl(element.attribs.href, reader.base);
    if (url === null || own === null) continue;
    if (urlIdentity(url) !== urlIdentity(own) && new URL(url).hostname === new URL(own).hostname) return url;
  }
  return null;
}
