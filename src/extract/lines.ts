import { gainOf } from "./content.ts";
import type { Segment } from "./segments.ts";
import { wordsKey } from "./words-key.ts";

/** What is known of the article when its lines are judged. */
export interface LineFacts {
  readonly title: string;
  readonly standfirst: string;
  readonly authors: readonly string[];
  readonly captions: ReadonlySet<Segment>;
  /** Segments with a picture that stays. */
  readonly pictures: ReadonlySet<Segment>;
}

/** A whole line that asks the reader for something else, or points elsewhere. Anchored, so time stays linear. */
const ASIDES = [
  /^(?:advert|advertisement|advertising|sponsored|anzeige|publicité|publicidad|pubblicità|story continues below|article continues (?:below|after)|continue reading|loading|scroll (?:down|to continue))\b.{0,60}$/i,
  /^(?:read|see|watch|view|check out|learn|find out|hear|listen|more)(?: (?:also|more|next|this|it|on|from|about|here|now|full|the|all|below|here's))*\s?[:>»→|-]/i,
  /^(?:related|recommended|see also|also (?:see|read|on)|read (?:also|more|next|on)|more (?:from|on|stories|news|about)|don't miss|editor's picks?|trending|popular|most read|latest|up next|you (?:may|might) (?:also )?(?:like|be interested)|lesen sie (?:auch|hier|dazu|mehr)|mehr zum thema|lire aussi|à lire|lee también|leia (?:também|mais)|leggi anche|lees ook|läs (?:också|mer)|čtěte také)\b.{0,200}$/i,
  /^(?:share|tweet|follow|like|subscribe|sign up|join|click|tap|download|get|register|log in|donate|support)\b.{0,120}\b(?:facebook|twitter|instagram|whatsapp|telegram|linkedin|newsletter|newsletters|email|e-mail|inbox|app|here|podcast|us|channel|account)\b.{0,120}$/i,
  /^(?:share|share this|share on|share this (?:article|story|post)|tweet|email|print|comments?|leave a (?:comment|reply)|\d+ comments?|copy link|save|tags?|filed under|topics?|categories|posted in|image|photo|photos|video|gallery|getty images|reuters|afp|ap)\s?:?$/i,
  /^(?:lea tambi[eé]n|lee tambi[eé]n|(?:le|te) puede interesar|auch lesen|mehr dazu|weiterlesen|czytaj (?:też|także|również)|zobacz (?:też|także|również)|læs også|les også|lue myös|citește și|přečtěte si|olvassa el|leggi (?:pure|qui)|bekijk ook|ayrıca oku|читайте также|читайте також|по теме|διαβάστε (?:επίσης|ακόμη)|اقرأ أيضا|קראו גם|延伸阅读|相关阅读|相关新闻|関連記事|あわせて読みたい|관련\s?기사)(?!\p{L}).{0,200}$/iu,
  /^(?:gefällt mir|me gusta|j’aime|mi piace|teilen|kommentieren|compartir|partager|condividi|compartilh(?:e|ar)|delen|dela|del|drucken|imprimir|imprimer|bild (?:anzeigen|vergrößern))(?!\p{L}).{0,20}$/iu,
  /^(?:aktualisiert am|veröffentlicht am|erstellt am|publié le|mis à jour le|publicado (?:el|em)|actualizado (?:el|a las)|atualizado em|pubblicato il|aggiornato il|gepubliceerd op|publicerad)(?!\p{L}).{0,60}$/iu,
  /^(?:tags?|filed under|topics|categories|posted in|labels|keywords)\s?:.{0,300}$/i,
  /^(?:©|\(c\)|copyright\b).{0,200}$/i,
  /^.{0,80}\ball rights reserved\b.{0,200}$/i,
  /^(?:this (?:article|story|post|piece|content) (?:was|is|has been|originally|first)) (?:first |originally )?(?:published|appeared|posted|produced|updated|syndicated|sponsored)\b.{0,250}$/i,
  /^(?:published|updated|posted|last updated|last modified|first published|created)\b\s?:?.{0,80}$/i,
  /^(?:photo|photos|image|images|picture|pictures|photograph|credit|source|illustration|foto|bild|quelle)s?(?: credits?| by| courtesy(?: of)?)?\s?[:/].{0,200}$/i,
  /^(?:by|von|par|por)\s+\p{Lu}[\p{L}.'’-]+(?:\s+\p{Lu}[\p{L}.'’-]+){1,3}(?:\s?[,|].{0,60})?$/u,
  /^(?:have|got|do you have) (?:a|any) (?:tip|story|comment|question|news tip)\b.{0,300}$/i,
  /^\(?(?:reporting|additional reporting|writing|editing) by\b.{0,250}$/i,
  /^(?:citation|cite this(?: article)?|how to cite(?: this)?)\b.{0,200}$/i,
  /^.{0,200}\b(?:is subject to copyright|may not be (?:published|reproduced|redistributed)|be reproduced without)\b.{0,250}$/i,
  /^(?:like this|sukai ini|suka memuat|gefällt mir|[\d%d]* ?bloggern? gefällt)(?!\p{L}).{0,40}$/iu,
  /^(?:(?:rezept|artikel|seite|beitrag|recipe|article|page|story) )?(?:drucken|herunterladen|print(?: this)?(?: (?:recipe|article|page|story))?|imprimir|imprimer|stampa|afdrukken|skriv ut|drukuj)$/i,
  /^(?=.{0,150}(?:únete|suscr[ií]b|síguenos|síguen|abonnier|folg(?:e|t|en sie) |melden? (?:dich|sie sich)|abonnez|suivez|rejoignez|inscrivez|iscrivi|seguici|unisciti|inscreva|siga(?:-| )|junte-se|volg |schrijf je|zapisz|śledź|obserwuj|odebírejte|sledujte|подпис|присоединяй|підпис|följ |følg |seuraa|takip|ακολουθ)).{0,200}(?:facebook|twitter|instagram|whatsapp|telegram|youtube|tiktok|linkedin|google news|newsletter|boletín|bulletin|канал|kanal)/iu,
  /^(?:(?:the )?(?:views|opinions)(?: and opinions)? (?:expressed|in this|of the)|die (?:in diesem|hier) .{0,40}meinung|les opinions exprimées|las opiniones (?:expresadas|vertidas)|as opiniões (?:expressas|aqui)|le opinioni espresse|الآراء الواردة|мнение (?:автора|редакции))(?!\p{L}).{0,380}$/iu,
  /^(?:if|did) you (?:enjoy|lik|lov)e?d? .{0,200}\b(?:join|subscri|support|share|sign up|follow|donat|member|newsletter).{0,300}$/i,
  /^(?:follow|contact|email|e-mail|reach)\b.{0,60}(?:\bat\b|\bon\b|@).{0,160}$/i,
];

/** Lines of the page's own business, however long and well put: what it would load with consent, how comments are judged. */
const SERVICE_LINES = [
  /^(?=.{0,300}(?:externe[nrs]? inhalt|external content|contenus? externes?|contenido externo|drittanbieter|third[- ]part(?:y|ies)|twitter|youtube|instagram|facebook)).{0,250}(?:privatsphäre|einwillig|einverständnis|zustimm|datenschutzer|your consent|privacy polic|votre consentement|tu consentimiento|vos préférences).{0,250}$/iu,
  /^(?=.{0,200}(?:\bcomment|\bcoment|\bkommentar|комментар|коментар|التعليقات|yorum)).{0,250}(?:\bmoder|модер|مراجعة|onay).{0,250}$/iu,
];

/** Headings of what is not the article: all under them goes, up to the next heading of the same level or running text. */
const ASIDE_HEADINGS =
  /^(?:related|(?:\d{1,5}|one|ein|eine|un|una|uno) (?:antwort(?:en)?|gedanken?|thoughts?|responses?|repl(?:y|ies)|reacties?|réponses?|respuestas?|rispost[ae]|pensier[io]|comentários?|kommentare?|comentarios?|commentaires?) (?:zu|auf|on|to|sur|en|à|op|su|a|em)\b|(?:(?:top|best|all|reader|user)s?'? ){0,2}(?:rated )?comments?\b|kommentare?\b|commentaires?\b|comentários?\b|comentarios?\b|more (?:from|on|stories|news|in|like|to)|recommended|read (?:more|next|also)|see also|you (?:may|might)|also (?:on|in|read)|trending|popular|most (?:read|popular|viewed)|latest|top stories|newsletter|sign up|subscribe|comments?|\d+ comments?|leave a (?:comment|reply)|share|follow us|about the authors?|about us|contact|tags|up next|editor's picks?|don't miss|join the|advertisement|partner (?:news|content)|more great|trending now|topics|sponsored|ähnliche|mehr zum|das könnte|lire aussi|sur le même|articles? (?:liés|similaires)|relacionad|te puede|leia (?:também|mais)|lees (?:ook|meer)|läs (?:också|mer))/i;

/** The end of a picture's caption: `(AP Photo/A B)`, `(Image: Agency)`. */
const CAPTION_LINE = /\((?:[\p{L}.& /]{0,40}\b)?(?:photo|image|picture|photograph|foto)s?\b[^()]{1,100}\)\.?$/iu;

/** The lines of the article: without what stands before its first and after its last paragraph, and without asides. */
export function filterLines(kept: readonly Segment[], facts: LineFacts): readonly Segment[] {
  const started = trimStart(dropRepeats(kept), facts);
  const lines = dropAsideSections(started, facts.pictures).filter(
    (segment, index) =>
      !facts.captions.has(segment) &&
      !isAside(segment, facts) &&
      !(index < OPENING_LINES && isStandfirst(segment, facts) && segment.text.length < 400),
  );
  const filtered = trimEnd(lines, facts);
  // A page of links and notes is what it is: rules that leave next to nothing of it are not meant for it.
  const told = dropAsideSections(kept, facts.pictures, "comments");
  if (sizeOf(filtered) >= sizeOf(told) * LEFT_SHARE_MIN) return filtered;
  return told.filter((segment) => !facts.captions.has(segment) && wordsKey(segment.text) !== wordsKey(facts.title));
}

const LEFT_SHARE_MIN = 0.15;
/** Where a standfirst is said once more; further down it is the line that it was taken from. */
const OPENING_LINES = 4;

/** Many lines that stand twice in the same words are one text in two dresses (a copy for narrow screens, say), no refrain. */
const REPEAT_CHARACTERS_MIN = 1000;
const REPEAT_LINES_MIN = 3;

/** Without the passages that stood before, word for word. */
function dropRepeats(segments: readonly Segment[]): readonly Segment[] {
  const spoken = segments.filter((segment) => segment.text !== "");
  const firstAt = new Map<string, number>();
  const repeats = new Set<Segment>();
  for (let index = 0; index < spoken.length; ) {
    const text = spoken[index]?.text ?? "";
    const before = firstAt.get(text);
    const length = before === undefined ? 0 : repeatLength(spoken, before, index);
    if (before === undefined) firstAt.set(text, index);
    for (const segment of spoken.slice(index, index + length)) repeats.add(segment);
    index += Math.max(1, length);
  }
  return repeats.size === 0 ? segments : segments.filter((segment) => !repeats.has(segment));
}

/** How many lines from `index` on are those from `before` on; 0 where they say too little to tell. */
function repeatLength(spoken: readonly Segment[], before: number, index: number): number {
  let length = 0;
  let size = 0;
  while (before + length < index && spoken[before + length]?.text === spoken[index + length]?.text) {
    size += spoken[index + length]?.size ?? 0;
    length += 1;
  }
  return size >= REPEAT_CHARACTERS_MIN && length >= REPEAT_LINES_MIN ? length : 0;
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.size, 0);
}

function isParagraph(segment: Segment): boolean {
  return segment.level === 0 && segment.size >= 50 && gainOf(segment) > 25;
}

/** What may stand above the title; where it comes later, it is said once more in the text. */
const ABOVE_TITLE_CHARACTERS_MAX = 600;

function trimStart(kept: readonly Segment[], facts: LineFacts): readonly Segment[] {
  let start = 0;
  let spoken = 0;
  const all = kept.reduce((sum, segment) => sum + (isParagraph(segment) ? segment.size : 0), 0);
  for (const [index, segment] of kept.entries()) {
    if (spoken > Math.min(all * 0.25, ABOVE_TITLE_CHARACTERS_MAX)) break;
    if (facts.title !== "" && isSaid(segment.text, facts.title)) start = index + 1;
    if (isParagraph(segment)) spoken += segment.size;
  }
  const first = kept.findIndex(
    (segment, index) =>
      index >= start && isParagraph(segment) && !isStandfirst(segment, facts) && !facts.captions.has(segment),
  );
  if (first === -1) return kept.slice(start);
  const lead = kept.slice(start, first).filter((segment, index, list) => {
    if (facts.pictures.has(segment) && segment.text === "") return true;
    if (facts.captions.has(segment)) return false;
    if (facts.pictures.has(segment) || segment.embed !== undefined) return true;
    if (isStandfirst(segment, facts)) return false;
    if (segment.level > 0)
      return (
        index === list.length - 1 &&
        !isSaid(segment.text, facts.title) &&
        segment.text.length < 120 &&
        segment.level > 1
      );
    return (
      isSentence(segment.text) &&
      segment.linkLength < segment.text.length * 0.5 &&
      !/\d{4}|\d:\d\d/.test(segment.text) &&
      segment.text.length > 20
    );
  });
  return [...lead, ...kept.slice(first)];
}

function isStandfirst(segment: Segment, facts: LineFacts): boolean {
  return facts.standfirst !== "" && isSaid(segment.text, facts.standfirst);
}

/** Whether a line says the same words; lines of other lengths are not looked into. */
function isSaid(line: string, words: string): boolean {
  if (line.length > words.length * 2 + 10 || words.length > line.length * 2 + 10) return false;
  return line === words || wordsKey(line) === wordsKey(words);
}

function isSentence(text: string): boolean {
  return /[.!?…:。！？]["”’»)\]]?$/.test(text) || text.length > 120;
}

function trimEnd(lines: readonly Segment[], facts: LineFacts): readonly Segment[] {
  let end = lines.length;
  while (end > 0) {
    const segment = lines[end - 1];
    if (segment === undefined || !isTail(segment, facts)) break;
    end--;
  }
  return lines.slice(0, end);
}

/** What a company says of itself under its own news, and where it is to be reached. */
const BOILERPLATE =
  /\b(?:is headquartered in|headquartered in [\p{Lu}][\p{L} ,]{2,40}(?:and|with)\b|is a (?:leading|global|worldwide) (?:\p{L}+ ){0,3}(?:provider|supplier|maker|manufacturer|company)|registered shares|media contacts?|press contacts?|forward-looking statements|pressekontakt)\b/iu;

/** What may not be last: headings, links, scraps, who wrote this, who sent it. */
function isTail(segment: Segment, facts: LineFacts): boolean {
  if (segment.embed !== undefined) return false;
  if (facts.pictures.has(segment)) return false;
  if (segment.text === "") return true;
  if (isAboutAuthor(segment.text, facts.authors) || BOILERPLATE.test(segment.text.slice(0, 1000))) return true;
  if (segment.level > 0) return true;
  if (ownLinkLength(segment) > segment.text.length * 0.6) return true;
  if (segment.place.list || segment.place.cell || segment.place.quote || segment.place.preformatted) return false;
  return segment.size < 35 && !isSentence(segment.text) && !/[“”"»]$/.test(segment.text);
}

/** "Ann Orr is …", "Ann Orr’s book …": a sentence on its writer, no quotation of one. */
function isAboutAuthor(text: string, authors: readonly string[]): boolean {
  if (text.length > ABOUT_AUTHOR_CHARACTERS_MAX) return false;
  return authors.some(
    (name) =>
      name.includes(" ") &&
      text.startsWith(name) &&
      /^(?:['’]s?\b|,| (?:is|are|was|has|ist|est|es|è|é|jest|är|er)\b)/.test(text.slice(name.length)),
  );
}

const ABOUT_AUTHOR_CHARACTERS_MAX = 700;

function isAside(segment: Segment, facts: LineFacts): boolean {
  const { text } = segment;
  if (segment.place.caption !== undefined) return true;
  if (text === "") return segment.embed === undefined && !facts.pictures.has(segment);
  if (isSaid(text, facts.title)) return text.length < 400;
  if (ASIDE_HEADINGS.test(text) && segment.linkLength > text.length * 0.4) return true;
  if (segment.place.quote || segment.place.cell || segment.place.preformatted) return false;
  if (text.length < 500 && SERVICE_LINES.some((pattern) => pattern.test(text))) return true;
  if (text.length < 400 && ASIDES.some((pattern) => pattern.test(text)))
    return !(
      segment.level === 0 &&
      text.length > 160 &&
      segment.linkLength === 0 &&
      isSentence(text) &&
      !/^(?:©|copyright)/i.test(text) &&
      !/rights reserved/i.test(text)
    );
  if (text.length < 1200 && /^(?:citation\s?:|this (?:document|article|text) is subject to copyright)/i.test(text))
    return true;
  if (text.length < 600 && CAPTION_LINE.test(text.slice(-160))) return true;
  if (segment.level > 0 || segment.place.list) return false;
  return ownLinkLength(segment) > text.length * 0.85 && text.length < 200;
}

/** Links to other sites are what a text speaks of; links to its own lead to other stories. */
function ownLinkLength({ linkLength, awayLength }: Segment): number {
  return linkLength - awayLength;
}

/** What a heading or a label announced that is not the article. */
interface Aside {
  readonly level: number;
  readonly isComments: boolean;
  /** A whole line names a list of other stories. */
  readonly isList: boolean;
}

/** Lines that are nothing but the name of a list of other stories: what follows are its teasers, linked or not. */
const LIST_LABEL =
  /^(?:top stories|(?:related|more|latest|other|partner|popular) (?:stories|articles|news|posts|content)|(?:most|recommended) (?:read|popular)|ähnliche (?:artikel|beiträge)|mehr zum thema|das könnte (?:sie|dich) auch interessieren|à lire aussi|sur le même (?:sujet|thème)|articles liés|(?:notas|noticias|artículos) relacionad[ao]s|te puede interesar|leia também|(?:notícias|matérias) relacionadas|potrebbe interessarti|articoli correlati|meer nieuws|gerelateerde artikelen|läs också|les også|læs også|zobacz także|czytaj także|přečtěte si také|читайте также|по теме|ilgili haberler|関連記事|相关阅读|相關新聞|관련 ?기사|اقرأ أيضا)\s?:?$/iu;
/** A teaser says less. */
const TEASER_CHARACTERS_MAX = 200;

/** Drops what stands under a heading, or a short line, that announces something else. */
function dropAsideSections(
  segments: readonly Segment[],
  pictures: ReadonlySet<Segment>,
  which: "all" | "comments" = "all",
): readonly Segment[] {
  const kept: Segment[] = [];
  let under: Aside | undefined;
  for (const [index, segment] of segments.entries()) {
    const isList = segment.level === 0 && LIST_LABEL.test(segment.text.slice(0, 60));
    const isLabelled = isList || isLabel(segment, segments[index + 1]);
    const level = segment.level > 0 ? segment.level : isLabelled ? LABEL_LEVEL : 0;
    if (level > 0 && (isList || isAsideHeading(segment)))
      under = { level, isComments: COMMENTS.test(segment.text), isList };
    else if (under !== undefined && (endsAside(segment, level, under) || isOwnPicture(segment, under.level, pictures)))
      under = undefined;
    if (under === undefined || (which === "comments" && !under.isComments)) kept.push(segment);
  }
  return kept;
}

/** A heading as high ends what stands under an aside's heading; so does running text, but for comments. */
function endsAside(segment: Segment, level: number, under: Aside): boolean {
  if (level > 0) return level <= under.level;
  if (under.isComments || segment.place.list) return false;
  if (under.isList && segment.size < TEASER_CHARACTERS_MAX) return false;
  return isParagraph(segment) && segment.linkLength < segment.text.length * 0.3;
}

/** A picture that leads nowhere ends what a mere label announced. */
function isOwnPicture(segment: Segment, level: number, pictures: ReadonlySet<Segment>): boolean {
  if (level !== LABEL_LEVEL || !pictures.has(segment) || segment.place.linked !== "none") return false;
  return segment.nodes.every((node) => !("attribs" in node) || node.name !== "a");
}

const COMMENTS =
  /^\d{1,5} (?:antwort|gedanke|thought|response|repl|reacti|répons|respuest|rispost|pensier)|\bcomments?\b|kommentare?\b|commentaires?\b|comentarios?\b|comentários?\b/i;

/** Deeper than any heading. */
const LABEL_LEVEL = 7;

function isAsideHeading(segment: Segment): boolean {
  return segment.text.length < 80 && ASIDE_HEADINGS.test(segment.text);
}

/** A short line over links. */
function isLabel(segment: Segment, next: Segment | undefined): boolean {
  return (
    segment.text.length < 60 &&
    isAsideHeading(segment) &&
    !segment.place.list &&
    next !== undefined &&
    (next.linkLength > next.text.length * 0.5 || next.level > 0)
  );
}
