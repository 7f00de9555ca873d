import { resolveWebUrl } from "../model/url.ts";

/**
 * Which HTML stays, by where it comes from. `page`: what the body of an extracted article needs, and no more. `feed`:
 * what publishers write into feeds on purpose, as faithfully as is safe; players stay players, empty elements stay.
 * Both hold nothing that acts: no script, style, form, frame, embedded object, drawing or formula, no event handler, no
 * `style`, `id`, `name` or `class`.
 */
export type ProfileName = "feed" | "page";

/** How an element may stand: what it closes before it opens, and where it must be. */
type Place =
  | "inline"
  | "link"
  | "block"
  | "heading"
  | "paragraph"
  | "item"
  | "term"
  | "caption"
  | "columns"
  | "section"
  | "row"
  | "cell"
  | "summary"
  | "figcaption"
  | "picture"
  | "annotation"
  | "break"
  | "rule"
  | "image"
  | "source"
  | "track"
  | "column"
  | "void";

/** What is written for an attribute's value; undefined leaves the attribute out. */
type Check = (value: string, baseUrl: string | undefined) => string | undefined;

/** What is written for an element. */
export interface Rule {
  /** The element that is written; some are written as their plain kin. */
  readonly as: string;
  readonly place: Place;
  readonly attributes: readonly (readonly [name: string, check: Check])[];
  /** The attribute without which the element says nothing and is unwrapped. */
  readonly needs: string | undefined;
  /** Attributes that are always written. */
  readonly always: string;
  /** The start tag with no others. */
  readonly bareTag: string;
}

export interface Profile {
  /** Elements without a rule are unwrapped: they go, their children stay. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Elements that go with all they hold. */
  readonly dropped: ReadonlySet<string>;
  /** Dropped elements of which a link with their address stays. */
  readonly linked: ReadonlySet<string>;
  /** A frame becomes a link only if it presents itself as content: it has a title or may fill the screen. */
  readonly needsTitledFrames: boolean;
  /** Empty elements, pictures without an address and parts outside their parents stay; otherwise only what shows something. */
  readonly isFaithful: boolean;
}

const ATTRIBUTE_CHARACTERS_MAX = 2000;
const ADDRESS_CHARACTERS_MAX = 4096;

// ---- values of attributes

const words: Check = (value) => (value === "" ? undefined : value.slice(0, ATTRIBUTE_CHARACTERS_MAX));
const present: Check = () => "";
const integer: Check = (value) => (/^-?\d{1,6}$/.test(value) ? value : undefined);
const decimal: Check = (value) => (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) ? value : undefined);
const span: Check = (value) => (/^\d{1,3}$/.test(value) && Number(value) > 1 ? String(Number(value)) : undefined);
const pixels: Check = (value) => /^\s*(\d{1,5})(?:px)?\s*$/.exec(value.slice(0, 32))?.[1];
const language: Check = (value) => (/^[a-z]{2,3}(-[a-z0-9]{1,8}){0,4}$/i.test(value) ? value : undefined);
const colour: Check = (value) => (/^(?:#[\da-f]{3,8}|[a-z]{3,24})$/i.test(value) ? value : undefined);
const fontSize: Check = (value) => (/^[+-]?[1-7]$/.test(value) ? value : undefined);
const coordinates: Check = (value) => (/^[\d., -]{1,1000}$/.test(value) ? value : undefined);

function oneOf(list: string): Check {
  const allowed = new Set(list.split(" "));
  return (value) => (allowed.has(value.toLowerCase()) ? value.toLowerCase() : undefined);
}

/** http and https, made absolute. */
const webAddress: Check = (value, baseUrl) => withinLength(resolveWebUrl(value, baseUrl) ?? undefined);

/** http, https and mailto. */
const linkAddress: Check = (value, baseUrl) => {
  const web = resolveWebUrl(value, baseUrl);
  if (web !== null) return withinLength(web);
  const url = URL.parse(value.trim());
  return url?.protocol === "mailto:" ? withinLength(url.href) : undefined;
};

/** A shortened address is another address. */
function withinLength(address: string | undefined): string | undefined {
  return address !== undefined && address.length <= ADDRESS_CHARACTERS_MAX ? address : undefined;
}

// ---- elements

const PAGE_PLACES: Readonly<Partial<Record<Place, string>>> = {
  inline: "abbr b cite code del em i ins kbd mark q s samp small strong sub sup time u var",
  link: "a",
  block: "blockquote details div dl figure ol pre table ul",
  heading: "h1 h2 h3 h4 h5 h6",
  paragraph: "p",
  item: "li",
  term: "dd dt",
  caption: "caption",
  section: "tbody tfoot thead",
  row: "tr",
  cell: "td th",
  summary: "summary",
  figcaption: "figcaption",
  picture: "picture",
  break: "br",
  rule: "hr",
  image: "img",
  source: "source",
};

/** Only elements that the W3C feed validator takes for harmless. */
const FEED_PLACES: Readonly<Partial<Record<Place, string>>> = {
  ...PAGE_PLACES,
  inline: `${PAGE_PLACES.inline} acronym audio bdi big data dfn font map meter output progress ruby strike tt video`,
  block: `${PAGE_PLACES.block} address article aside center dialog dir footer header hgroup main menu nav section`,
  columns: "colgroup",
  annotation: "rp rt",
  track: "track",
  column: "col",
  void: "area wbr",
};

/** Elements that are written as others, where their own name is none of the profile. */
const KIN: Readonly<Record<string, string>> = {
  acronym: "abbr",
  dfn: "em",
  strike: "s",
  tt: "code",
  address: "div",
  article: "div",
  aside: "div",
  center: "div",
  dialog: "div",
  fieldset: "div",
  footer: "div",
  header: "div",
  hgroup: "div",
  main: "div",
  nav: "div",
  section: "div",
  dir: "ul",
  menu: "ul",
  listing: "pre",
  xmp: "pre",
  "amp-img": "img",
  image: "img",
};

type AttributeTable = Readonly<Record<string, Readonly<Record<string, Check>>>>;

const CITED = { cite: webAddress };
const CHANGED = { ...CITED, datetime: words };
const CELL = { colspan: span, rowspan: span };
const HEADED_CELL = { ...CELL, abbr: words, scope: oneOf("col colgroup row rowgroup") };
const GAUGE = { value: decimal, min: decimal, max: decimal, low: decimal, high: decimal, optimum: decimal };
const PLAYER = { src: webAddress, preload: oneOf("auto metadata none"), loop: present, muted: present };

/** `img`, `source` and `srcset` are the writer's: lazy loading is undone there. */
const PAGE_ATTRIBUTES: AttributeTable = {
  a: { href: linkAddress },
  abbr: { title: words },
  blockquote: CITED,
  del: CITED,
  ins: CITED,
  li: { value: integer },
  ol: { start: integer, reversed: present },
  q: CITED,
  td: CELL,
  th: CELL,
  time: { datetime: words },
};

const FEED_ATTRIBUTES: AttributeTable = {
  ...PAGE_ATTRIBUTES,
  a: { href: linkAddress, hreflang: language, type: words },
  abbr: {},
  area: { href: webAddress, alt: words, shape: oneOf("circle default poly rect"), coords: coordinates },
  audio: PLAYER,
  col: { span },
  colgroup: { span },
  data: { value: words },
  del: CHANGED,
  details: { open: present },
  dialog: { open: present },
  font: { color: colour, size: fontSize },
  ins: CHANGED,
  meter: GAUGE,
  progress: GAUGE,
  td: HEADED_CELL,
  th: HEADED_CELL,
  track: {
    src: webAddress,
    kind: oneOf("captions chapters descriptions metadata subtitles"),
    srclang: language,
    label: words,
    default: present,
  },
  video: { ...PLAYER, poster: webAddress, width: pixels, height: pixels },
};

const PAGE_GLOBAL = { lang: language, dir: oneOf("auto ltr rtl") };

/** A player nobody can start shows nothing. */
const ALWAYS: Readonly<Record<string, string>> = { audio: ' controls=""', video: ' controls=""' };

function buildRules(
  places: Readonly<Partial<Record<Place, string>>>,
  attributes: AttributeTable,
  everywhere: Readonly<Record<string, Check>>,
  needs: Readonly<Record<string, string>>,
): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const [place, names] of Object.entries(places)) {
    for (const name of names.split(" ")) {
      rules.set(name, {
        as: name,
        // The cast is right: the keys of the table are places.
        place: place as Place,
        attributes: Object.entries({ ...attributes[name], ...everywhere }),
        needs: needs[name],
        always: ALWAYS[name] ?? "",
        bareTag: `<${name}${ALWAYS[name] ?? ""}>`,
      });
    }
  }
  for (const [name, kin] of Object.entries(KIN)) {
    const rule = rules.get(kin);
    if (rule !== undefined && !rules.has(name)) rules.set(name, rule);
  }
  return rules;
}

/** What acts, what is no HTML, what is no content of its own. */
const DROPPED =
  "button datalist embed frame iframe input math noembed noframes optgroup option param portal script select style svg template textarea title";

/**
 * Content of its own kind inside these is no HTML; an HTML block inside ends it (HTML §13.2.6.5, foreign content).
 */
export const FOREIGN: ReadonlySet<string> = new Set(["math", "svg"]);

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  page: {
    rules: buildRules(PAGE_PLACES, PAGE_ATTRIBUTES, PAGE_GLOBAL, { a: "href", time: "datetime" }),
    dropped: new Set(
      `${DROPPED} applet area audio canvas frameset head map meter object output progress track video`.split(" "),
    ),
    linked: new Set(["audio", "frame", "iframe", "video"]),
    needsTitledFrames: false,
    isFaithful: false,
  },
  feed: {
    rules: buildRules(FEED_PLACES, FEED_ATTRIBUTES, { title: words, ...PAGE_GLOBAL }, {}),
    // What `object`, `applet`, `canvas` and `frameset` hold is said instead of them (HTML §4.8.7).
    dropped: new Set(DROPPED.split(" ")),
    linked: new Set(["frame", "iframe"]),
    needsTitledFrames: true,
    isFaithful: true,
  },
};
