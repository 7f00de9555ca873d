/** Characters that XML 1.0 §2.2 forbids or the validators warn of: controls but tab and line ends, non-characters. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** Text that may stand in any document: well-formed UTF-16, no control character, white space folded, at most `max` code units. */
export function cleanLine(text: string, max: number): string {
  return cutText(foldSpace(cleanText(text)), max);
}

/** White space of any kind and length as one space each; a single space, as most are, is left alone. */
export function foldSpace(text: string): string {
  return text.replace(/\s{2,}|[^\S ]/g, " ").trim();
}

/** The same with its line ends left standing. */
function cleanText(text: string): string {
  return text.toWellFormed().replace(FORBIDDEN, "");
}

/** At most `max` code units, cut between characters and, where one is near, between words; an ellipsis tells so. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  const space = cut.lastIndexOf(" ");
  return `${(space > max - 40 ? cut.slice(0, space) : cut).toWellFormed().replace(/\ufffd$/, "")}…`;
}
