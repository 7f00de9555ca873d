/**
 * A value as JSON that stays one line for every reader: the line and paragraph separators of Unicode, which JSON may hold
 * as they are, are escaped, since readers of lines (ECMAScript's, Python's) end a line at them.
 */
export function jsonLine(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u0085\u2028\u2029]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
