import { encode } from "uqr";
import { html, type View } from "../../html/view.ts";

/** Light modules around the code, without which scanners do not find it (ISO/IEC 18004 §9.1). */
const QUIET_ZONE = 4;
/** Bytes of an address; a longer one makes modules too small for a telephone to read from a screen. */
const ADDRESS_BYTES_MAX = 500;

/** The dark modules of a row, as strokes of a path: one for each run of them. */
function strokesOf(row: readonly boolean[], y: number): string {
  let strokes = "";
  for (let x = 0; x < row.length; x += 1) {
    if (row[x] !== true) continue;
    const start = x;
    while (row[x + 1] === true) x += 1;
    strokes += `M${start} ${y}.5h${x + 1 - start}`;
  }
  return strokes;
}

/**
 * An address as a QR code: inline SVG, dark on light whatever the page's colours, since many scanners read no other.
 * False for an address of more than 500 bytes.
 */
export function qrCode(address: string): View | false {
  if (Buffer.byteLength(address) > ADDRESS_BYTES_MAX) return false;
  const { size, data } = encode(address, { ecc: "M", border: QUIET_ZONE });
  return html`<svg viewBox="0 0 ${size} ${size}" width="160" height="160" role="img" aria-label="QR code of ${address}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path stroke="#000" d="${data.map(strokesOf).join("")}"/></svg>`;
}
