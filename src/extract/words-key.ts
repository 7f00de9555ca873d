/** Titles and lines are compared, never whole texts. */
const KEY_CHARACTERS_MAX = 1000;

/** Equal for texts that differ only in case, punctuation and space. */
export function wordsKey(text: string): string {
  return text
    .slice(0, KEY_CHARACTERS_MAX)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** The same without spaces. */
export function compact(text: string): string {
  return wordsKey(text).replaceAll(" ", "");
}
