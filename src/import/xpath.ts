/** Longer expressions are not looked at. */
const EXPRESSION_LENGTH_MAX = 1000;

const NAME = String.raw`(?:\*|[A-Za-z][\w-]*)`;
const ATTRIBUTE = String.raw`@([A-Za-z][\w:-]*)`;
const QUOTED = `("[^"]*"|'[^']*')`;

/** One step of a location path: its axis, the element, and all its predicates. */
const STEP = new RegExp(`^(?:(?:descendant|descendant-or-self|child)::)?(${NAME})((?:\\[[^\\]]*\\])*)`);

/** Predicates that CSS knows, each with how it is written there. */
const PREDICATES: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^(\d{1,4})$/, (n = "1") => `:nth-of-type(${n})`],
  [/^last\(\)$/, () => ":last-of-type"],
  [new RegExp(`^${ATTRIBUTE}$`), (name) => `[${name}]`],
  [new RegExp(`^${ATTRIBUTE}\\s*=\\s*${QUOTED}$`), (name, value = "") => `[${name}=${quote(value)}]`],
  [
    new RegExp(`^starts-with\\(\\s*${ATTRIBUTE}\\s*,\\s*${QUOTED}\\s*\\)$`),
    (name, value = "") => `[${name}^=${quote(value)}]`,
  ],
  [
    new RegExp(`^contains\\(\\s*${ATTRIBUTE}\\s*,\\s*${QUOTED}\\s*\\)$`),
    (name, value = "") => `[${name}*=${quote(value)}]`,
  ],
  [
    // The usual way to ask for one of several words.
    new RegExp(
      `^contains\\(\\s*concat\\(\\s*["'] ["']\\s*,\\s*(?:normalize-space\\(\\s*)?${ATTRIBUTE}(?:\\s*\\))?\\s*,\\s*["'] ["']\\s*\\)\\s*,\\s*${QUOTED}\\s*\\)$`,
    ),
    (name, value = "") => `[${name}~=${quote(value.replaceAll(" ", ""))}]`,
  ],
];

/**
 * The CSS selector of the elements that an XPath 1.0 expression finds below the element it is asked of, or that hold the
 * attribute or text it finds; null where CSS has no word for it. `./h2` becomes `h2`: what CSS finds within an item
 * lies at any depth.
 */
export function selectorOfXPath(expression: string): string | null {
  if (expression.length > EXPRESSION_LENGTH_MAX) return null;
  const paths = expression.split("|").map((path) => selectorOfPath(path.trim()));
  return paths.includes(null) ? null : paths.join(", ");
}

function selectorOfPath(written: string): string | null {
  // string(…) and normalize-space(…) ask for the text of what they hold.
  const path = written.replace(/^(?:string|normalize-space)\((.*)\)$/, "$1");
  let rest = path.replace(/^\.?\/{0,2}/, "").replace(/\/{1,2}(?:@[\w:-]+|text\(\))$/, "");
  let selector = "";
  let combinator = "";
  while (rest !== "") {
    const [whole, name = "", predicates = ""] = STEP.exec(rest) ?? [];
    if (whole === undefined) return null;
    const conditions = selectorsOfPredicates(predicates);
    if (conditions === null) return null;
    selector += `${combinator}${name === "*" && conditions !== "" ? "" : name}${conditions}`;
    rest = rest.slice(whole.length);
    const [slashes = ""] = /^\/{1,2}/.exec(rest) ?? [];
    if (slashes === "" && rest !== "") return null;
    rest = rest.slice(slashes.length);
    combinator = slashes === "//" || /^descendant/.test(rest) ? " " : " > ";
  }
  return selector === "" ? null : selector;
}

function selectorsOfPredicates(predicates: string): string | null {
  const written = [...predicates.matchAll(/\[([^\]]*)\]/g)].flatMap(([, text = ""]) => text.trim().split(/\s+and\s+/));
  const selectors = written.map((text) => {
    for (const [pattern, write] of PREDICATES) {
      const match = pattern.exec(text);
      if (match !== null) return write(...match.slice(1));
    }
    return null;
  });
  return selectors.includes(null) ? null : selectors.join("");
}

/** A literal of XPath as a string of CSS (CSS Syntax §4.3.5). */
function quote(literal: string): string {
  return JSON.stringify(literal.slice(1, -1));
}
