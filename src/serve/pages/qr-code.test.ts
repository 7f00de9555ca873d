import fc from "fast-check";
import jsqrModule from "jsqr";
import { describe, expect, test } from "vitest";
import { qrCode } from "./qr-code.ts";

// The package says `export default` and ships CommonJS: Node's import gives the module, its types the function.
const jsqr = jsqrModule as unknown as { readonly default: typeof jsqrModule.default };

/** Pixels of a module: enough for a scanner. */
const SCALE = 4;

/** Draws the strokes of the code's path as a browser would, and reads the picture. */
function scan(svg: string): string | undefined {
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const width = size * SCALE;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)\.5h(\d+)/g)) {
    for (let row = Number(y) * SCALE; row < (Number(y) + 1) * SCALE; row += 1) {
      for (let column = Number(x) * SCALE; column < (Number(x) + Number(length)) * SCALE; column += 1) {
        pixels.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3);
      }
    }
  }
  return jsqr.default(pixels, width, width)?.data;
}

describe("a QR code", () => {
  test("is read back as the address it was made of", () => {
    const address = "https://wire.example/feeds/top";
    expect(scan(String(qrCode(address)))).toBe(address);
  });

  test("holds any address of up to 500 bytes, and names it for who cannot see", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, size: "medium" }), (url) => {
        const address = new URL(url).href;
        const code = String(qrCode(address));
        if (Buffer.byteLength(address) <= 500) expect(scan(code)).toBe(address);
        else expect(code).toBe("false");
      }),
      { numRuns: 30 },
    );
    expect(String(qrCode("https://a.example/?a=1&b=2"))).toContain(
      'aria-label="QR code of https://a.example/?a=1&amp;b=2"',
    );
  });

  test("is left out where a telephone could not read it", () => {
    expect(qrCode(`https://wire.example/${"a".repeat(479)}`)).not.toBe(false);
    expect(qrCode(`https://wire.example/${"a".repeat(480)}`)).toBe(false);
  });

  test("needs neither script nor style, and keeps its quiet zone", () => {
    const code = String(qrCode("https://wire.example/feeds/top"));
    expect(code).not.toMatch(/style|script|href/);
    const columns = [...code.matchAll(/M(\d+) (\d+)\.5h/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
    expect(Math.min(...columns)).toBe(4);
  });
});
