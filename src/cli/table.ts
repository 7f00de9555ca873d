import { type Paint, paint, plainText, textWidth } from "./terminal.ts";

/** A text, or a text with how it is shown on a terminal. */
export type TableCell = string | { readonly text: string; readonly as: Paint };

/**
 * Columns padded to their widest cell, two spaces apart; the last column is not padded. On a terminal the head is bold,
 * cells are coloured, and lines end where the terminal does; elsewhere all is plain text.
 */
export function formatTable(head: readonly string[], rows: readonly (readonly TableCell[])[]): string {
  const lines = [head.map((text) => ({ text, as: "bold" as const })), ...rows.map((row) => row.map(cleanCell))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => textWidth(line[column]?.text ?? ""))));
  return lines.map((line) => formatLine(line, widths)).join("\n");
}

interface CleanCell {
  readonly text: string;
  readonly as?: Paint;
}

function cleanCell(cell: TableCell): CleanCell {
  return typeof cell === "string" ? { text: plainText(cell) } : { ...cell, text: plainText(cell.text) };
}

function formatLine(line: readonly CleanCell[], widths: readonly number[]): string {
  const last = line.findLastIndex(({ text }) => text !== "");
  let room = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  let written = "";
  for (const [column, { text, as }] of line.slice(0, last + 1).entries()) {
    const shown = column === last ? cut(text, room) : text;
    const gap = column === last ? "" : " ".repeat((widths[column] ?? 0) - textWidth(text) + 2);
    written += `${as === undefined ? shown : paint(as, shown)}${gap}`;
    room -= textWidth(shown) + gap.length;
  }
  return written;
}

/** What does not fit is left out, and told so; what has hardly any room wraps. */
function cut(text: string, room: number): string {
  if (room < 12 || textWidth(text) <= room) return text;
  let width = 1;
  let shown = "";
  for (const character of text) {
    width += textWidth(character);
    if (width > room) break;
    shown += character;
  }
  return `${shown}…`;
}
