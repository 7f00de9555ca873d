import { createRequire } from "node:module";

/**
 * Whether a text is a CSS selector that pages can be searched with: its grammar, and no pseudo-class that is unknown. The
 * reader of selectors is loaded for the first one: 40 ms of CPU that a configuration without any never needs.
 */
export function isSelector(text: string): boolean {
  const { compile } = createRequire(import.meta.url)("css-select") as typeof import("css-select");
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}
