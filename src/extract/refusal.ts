import type { ChildNode, Document, Element } from "domhandler";
import { foldText, htmlToText, textOf } from "../html/text.ts";
import type { ParsedItem } from "../model/parsed.ts";
import { type PageMetadata, walkElements } from "./metadata.ts";

/** Why a page is not what was asked for. */
interface Refusal {
  readonly code: "empty" | "error_page" | "wall";
  readonly why: string;
}

/** What was found on the page so far. */
export interface FoundOnPage {
  readonly item: ParsedItem | undefined;
  /** Characters of running text. */
  readonly length: number;
  readonly listed: number;
}

/** Words that a page of refusal says in a line of its own, by language; lower case, typographic apostrophes as `'`. */
const ERROR_PHRASES = listPhrases(`
  page not found, page cannot be found, page can't be found, page could not be found, page was not found, page does not exist,
  page doesn't exist, page isn't available, page is not available, page no longer exists, page you requested, page you are looking for,
  page you were looking for, page you're looking for, article not found, story not found, content not found, content is not available,
  file not found, error 404, 404 error, 404 not found, not found (404), internal server error, bad gateway, service unavailable,
  service temporarily unavailable, gateway timeout, gateway time-out, something went wrong, under maintenance, back soon,
  seite nicht gefunden, seite wurde nicht gefunden, seite konnte nicht gefunden, seite existiert nicht, seite ist nicht verfügbar, seite nicht verfügbar,
  artikel nicht gefunden, fehler 404, interner serverfehler, wartungsarbeiten,
  page introuvable, page non trouvée, page n'existe pas, page n'existe plus, page demandée, article introuvable, erreur 404, erreur interne,
  página no encontrada, página no existe, página que buscas, página que busca, no se encuentra la página, no se ha encontrado la página, artículo no encontrado,
  página não encontrada, página não existe, página não foi encontrada, página que procura, erro 404,
  pagina non trovata, pagina non esiste, pagina che cerchi, pagina che stai cercando, errore 404,
  pagina niet gevonden, pagina bestaat niet, pagina is niet gevonden, pagina kan niet worden gevonden, fout 404,
  sidan hittades inte, sidan kunde inte hittas, sidan finns inte, siden ble ikke funnet, siden finnes ikke, fant ikke siden, siden blev ikke fundet,
  siden findes ikke, siden kunne ikke findes, sivua ei löyty, nie znaleziono strony, strona nie została znaleziona, strona nie istnieje, błąd 404,
  stránka nenalezena, stránka nebyla nalezena, stránka neexistuje, stránka nebola nájdená, az oldal nem található, pagina nu a fost găsită, pagina nu există,
  страница не найдена, страница не существует, ошибка 404, такой страницы нет, сторінку не знайдено, сторінка не знайдена, страницата не е намерена,
  sayfa bulunamadı, η σελίδα δεν βρέθηκε, ページが見つかりません, ページは存在しません, お探しのページ, 页面不存在, 找不到页面, 页面未找到, 您访问的页面, 頁面不存在, 找不到頁面,
  網頁不存在, 페이지를 찾을 수 없, 존재하지 않는 페이지, الصفحة غير موجودة, لم يتم العثور على الصفحة, הדף לא נמצא, העמוד לא נמצא, पृष्ठ नहीं मिला, halaman tidak ditemukan, không tìm thấy trang`);
const ROBOT_PHRASES = listPhrases(`
  captcha, are you human, are you a human, are you a robot, not a robot, robot or human, robot check, verify you are human, verify that you are human, verifying you are human,
  you are human, checking your browser, unusual traffic, access denied, access to this page has been denied, just a moment, attention required, security check,
  pardon our interruption, bot verification, press & hold, ddos protection, you have been blocked, enable javascript and cookies, please enable javascript, please enable cookies,
  javascript is disabled, javascript is required,
  kein roboter, zugriff verweigert, javascript aktivieren, aktivieren sie javascript, pas un robot, accès refusé, activer javascript, no eres un robot, no soy un robot,
  acceso denegado, activa javascript, não é um robô, não sou um robô, acesso negado, non sei un robot, non sono un robot, accesso negato, geen robot, toegang geweigerd,
  nie jesteś robotem, nie jestem robotem, odmowa dostępu, не робот, доступ запрещен, доступ ограничен, robot değil, ロボットではありません, アクセスが拒否, 人机验证, 安全验证, 访问被拒绝,
  로봇이 아닙니다, 접근이 거부`);
const LOGIN_PHRASES = listPhrases(`
  log in to continue, login to continue, sign in to continue, log in to read, sign in to read, log in to view, sign in to view, please log in, please login, please sign in,
  must be logged in, need to log in, need to be logged in, log in or subscribe, sign in or subscribe, subscribers only, sign in to your account, log in to your account,
  melden sie sich an, bitte anmelden, bitte einloggen, anmelden und weiterlesen, um weiterzulesen, nur für abonnenten, jetzt einloggen,
  connectez-vous, identifiez-vous, réservé aux abonnés, réservé à nos abonnés, inicia sesión, inicie sesión, iniciar sesión para, solo para suscriptores, identifícate,
  faça login, faça o login, inicie sessão, entre para continuar, exclusivo para assinantes, accedi per, effettua il login, riservato agli abbonati,
  log in om, meld je aan om, inloggen om, alleen voor abonnees, logga in för, logg inn for, log ind for, vain tilaajille, kirjaudu sisään, zaloguj się, tylko dla prenumeratorów,
  přihlaste se, prihláste sa, jelentkezzen be, autentifică-te, войдите, авторизуйтесь, увійдіть, giriş yapın, συνδεθείτε, ログインしてください, ログインが必要, 会員限定, 请登录, 登录后,
  請登入, 登入後, 로그인이 필요, 로그인 후, سجل الدخول, تسجيل الدخول, התחברו כדי, यहां लॉगिन`);
const CONSENT_PHRASES = listPhrases(`
  before you continue, we value your privacy, your privacy matters, we care about your privacy, we and our partners, we use cookies, accept all cookies, accept cookies, your privacy choices,
  consent to the use, ihre privatsphäre, wir und unsere partner, wir verwenden cookies, cookies zustimmen, einwilligung, mit werbung weiterlesen,
  votre vie privée, nos partenaires, nous utilisons des cookies, continuer sans accepter, tu privacidad, su privacidad, nuestros socios, utilizamos cookies, usamos cookies, sua privacidade,
  nossos parceiros, la tua privacy, i nostri partner, utilizziamo i cookie, jouw privacy, uw privacy, onze partners, wij gebruiken cookies, vi använder cookies, vi bruger cookies, vi bruker cookies,
  våra partner, vores partnere, käytämme evästeitä, twoja prywatność, twojej prywatności, nasi partnerzy, używamy plików cookie, používáme cookies, soubory cookie, sütiket használ, folosim cookie,
  мы используем cookie, мы используем файлы cookie, ми використовуємо, çerez kullan, χρησιμοποιούμε cookies, cookieを使用, クッキーを使用, 我们使用cookie, 我們使用cookie, 쿠키를 사용, ملفات تعريف الارتباط`);
/** What a button of consent says, from its beginning. */
const CONSENT_CONTROLS = listPhrases(`
  accept, agree, i agree, allow all, reject all, manage options, got it, alle akzeptieren, akzeptieren, zustimmen, einverstanden, ablehnen, tout accepter, accepter, j'accepte, refuser,
  aceptar, acepto, rechazar, aceitar, aceito, rejeitar, accetta, accetto, rifiuta, accepteren, alles accepteren, akkoord, weigeren, godkänn, acceptera, godta, tillad, hyväksy, akceptuj, zgadzam,
  přijmout, souhlasím, elfogad, acceptă, принять, согласен, прийняти, kabul, αποδοχή, αποδέχομαι, 同意, すべて, 接受, 동의, 모두 허용, قبول, موافق, אישור, אני מסכים`);
const REASONS =
  /^(?:http |error |status |code ){0,3}(?:40[0134]|410|429|50[0-4])(?:$| (?:error|page|not found|forbidden|unauthorized|gone|bad request|too many requests|internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time ?out)(?: |$))/;

/** A page that says so much is none of refusal, unless its headline says what it is. */
const SPOKEN_CHARACTERS_MAX = 400;
/** The same for what it shows in all, menus included. */
const SHOWN_CHARACTERS_MAX = 1500;
/** A page whose headline is one of refusal may show so much beside: other stories, the law. */
const BESIDE_CHARACTERS_MAX = 4000;
/** A phrase is the headline where it is so much of it. */
const HEADLINE_SHARE_MIN = 0.4;
/** A dated article of this length is one, whatever its page asks for. */
const DATED_CHARACTERS_MIN = 150;
/** Stories that make a short page a listing. */
const LISTED_MIN = 3;
/** One of them may be told in a story. */
const CONSENT_PHRASES_MIN = 2;
const WORDS_READ_MAX = 3000;
const CONTROLS_MAX = 2000;
const LABEL_NODES_MAX = 20;
const LABEL_CHARACTERS_MAX = 200;

function listPhrases(text: string): readonly string[] {
  return text
    .split(",")
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== "");
}

/**
 * What a page says instead of what was asked for: nothing, that there is no such page, or that one must log in, consent
 * or prove to be human (HTTP statuses do not tell; HOSTILE class "not what it was"). Null for a page worth reading.
 */
export function findRefusal(document: Document, page: PageMetadata, found: FoundOnPage): Refusal | null {
  if (isDeclaredArticle(page, found)) return null;
  const headlines = listHeadlines(document, page);
  const isHeadline = (phrases: readonly string[]) => headlines.some((line) => isMostly(line, phrases));
  if (found.length < BESIDE_CHARACTERS_MAX) {
    if (isHeadline(ERROR_PHRASES) || headlines.some((line) => REASONS.test(line))) return ERROR;
    if (isHeadline(ROBOT_PHRASES) || isHeadline(LOGIN_PHRASES)) return WALL;
    if ((isHeadline(CONSENT_PHRASES) || speaksOfConsent(found.item)) && hasConsentControl(document)) return WALL;
  }
  if (found.length > SPOKEN_CHARACTERS_MAX) return null;
  const words = plain(textOf(document.children));
  if (words === "") return found.listed === 0 && found.length === 0 ? EMPTY : null;
  if (found.listed >= LISTED_MIN || words.length > SHOWN_CHARACTERS_MAX) return null;
  return judgeShortPage(document, words);
}

const EMPTY: Refusal = { code: "empty", why: "it shows no text" };
const ERROR: Refusal = { code: "error_page", why: "it says that there is no such page" };
const WALL: Refusal = { code: "wall", why: "it asks to log in, to consent or to prove that one is human" };

/** Its data say so, or a date stands at a text: a teaser before a wall is a story too. */
function isDeclaredArticle(page: PageMetadata, { item, length }: FoundOnPage): boolean {
  if (page.article !== undefined && length > 0) return true;
  return item?.published !== undefined && length >= DATED_CHARACTERS_MIN;
}

function judgeShortPage(document: Document, words: string): Refusal | null {
  const says = (phrases: readonly string[]) => phrases.some((phrase) => words.includes(phrase));
  if (says(ERROR_PHRASES)) return ERROR;
  if (says(ROBOT_PHRASES) || says(LOGIN_PHRASES)) return WALL;
  return says(CONSENT_PHRASES) && hasConsentControl(document) ? WALL : null;
}

/** The title's parts and the first headings. */
function listHeadlines(document: Document, page: PageMetadata): readonly string[] {
  const parts = page.documentTitle.slice(0, 500).split(/\s[|\-–—·•»:]+\s|\s?\|\s?/, 6);
  const headings = elementsOf(document, (element) => element.name === "h1", 3).map(textIn);
  return [page.documentTitle, ...parts, ...headings].map(plain).filter((line) => line !== "" && line.length < 200);
}

/** Whether the text itself, not a banner beside it, asks for consent. */
function speaksOfConsent(item: ParsedItem | undefined): boolean {
  const words = plain(typeof item?.contentHtml === "string" ? htmlToText(item.contentHtml) : "");
  return CONSENT_PHRASES.filter((phrase) => words.includes(phrase)).length >= CONSENT_PHRASES_MIN;
}

function isMostly(line: string, phrases: readonly string[]): boolean {
  return phrases.some((phrase) => phrase.length >= line.length * HEADLINE_SHARE_MIN && line.includes(phrase));
}

function hasConsentControl(document: Document): boolean {
  const controls = elementsOf(document, isControl, CONTROLS_MAX);
  return controls.some((element) => {
    const label = plain(element.name === "input" ? (element.attribs.value ?? "") : labelOf(element));
    return label.length < 60 && CONSENT_CONTROLS.some((phrase) => label.startsWith(phrase));
  });
}

/** The words of a small element; nothing of one that holds much. */
function labelOf(element: Element): string {
  let text = "";
  let nodes = 0;
  const stack: ChildNode[] = element.children.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (++nodes > LABEL_NODES_MAX || text.length > LABEL_CHARACTERS_MAX) return "";
    if (node.type === "text") text += node.data;
    else if ("attribs" in node && node.children.length <= LABEL_NODES_MAX) stack.push(...node.children.toReversed());
  }
  return text;
}

function isControl({ name, attribs }: Element): boolean {
  if (name === "input") return attribs.type === "submit" || attribs.type === "button";
  return name === "button" || name === "a" || attribs.role === "button";
}

function elementsOf(document: Document, isWanted: (element: Element) => boolean, max: number): readonly Element[] {
  const elements: Element[] = [];
  walkElements(document, (element) => {
    if (elements.length < max && isWanted(element)) elements.push(element);
  });
  return elements;
}

function textIn(element: Element): string {
  return textOf(element.children);
}

/** As the phrases are written. */
function plain(text: string): string {
  return foldText(text.slice(0, WORDS_READ_MAX)).toLowerCase().replaceAll("’", "'");
}
