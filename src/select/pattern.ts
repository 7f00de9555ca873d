import { RE2JS } from "re2js";

export interface Pattern {
  test(text: string): boolean;
}

/**
 * A pattern as operators and readers write it: `/expression/flags` (flags i, m, s) or plain words, which match anywhere
 * in any case. Linear in the text whatever the expression (RE2: no back-references, no look-around).
 * Throws SyntaxError with the reason where the expression cannot be read.
 */
export function compilePattern(text: string): Pattern {
  const [, body, flags] = /^\/(.*)\/([ims]*)$/s.exec(text) ?? [];
  return compileExpression(body ?? RE2JS.quote(text), body === undefined ? "i" : (flags ?? ""));
}

/** A bare expression with flags among `ims`, linear in the text like the above. SyntaxError where it cannot be read. */
export function compileExpression(expression: string, flags: string): Pattern {
  const compiled = compile(expression, flags);
  return { test: (value) => compiled.matcher(value).find() };
}

const FLAGS: Readonly<Record<string, number>> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL };

function compile(expression: string, flags: string): RE2JS {
  try {
    return RE2JS.compile(
      expression,
      [...flags].reduce((all, flag) => all | (FLAGS[flag] ?? 0), 0),
    );
  } catch (error) {
    throw new SyntaxError(`Cannot read the pattern ${expression}: ${error instanceof Error ? error.message : error}`);
  }
}
