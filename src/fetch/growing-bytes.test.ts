import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GrowingBytes } from "./growing-bytes.ts";

describe("GrowingBytes", () => {
  test("gives back what was put, in order, and starts anew", () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, pieces, (one, other) => {
        const bytes = new GrowingBytes();
        for (const put of [one, other]) {
          for (const piece of put) bytes.append(piece);
          const whole = Buffer.concat(put);
          expect(bytes.length).toBe(whole.length);
          expect(Buffer.from(bytes.take())).toEqual(whole);
          expect(bytes.length).toBe(0);
        }
      }),
    );
  });

  test("holds megabytes in many pieces", () => {
    const bytes = new GrowingBytes();
    const piece = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    for (let time = 0; time < 60; time += 1) bytes.append(piece);
    expect(Buffer.from(bytes.take()).equals(Buffer.concat(Array(60).fill(piece)))).toBe(true);
  });

  test("does not touch what it was given", () => {
    const piece = new Uint8Array([1, 2, 3]);
    const bytes = new GrowingBytes();
    bytes.append(piece);
    bytes.append(piece);
    bytes.clear();
    expect([...piece]).toEqual([1, 2, 3]);
    expect(bytes.length).toBe(0);
  });
});
