import { compile } from "css-select";

/** Whether a text is a CSS selector that pages can be searched with: its grammar, and no pseudo-class that is unknown. */
export function isSelector(text: string): boolean {
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}
