import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHttpDate } from "./http-date.ts";

const httpDate = (at: number) => new Date(at).toUTCString();

describe("parseHttpDate", () => {
  test("reads back every instant that is written, in all three forms", () => {
    const seconds = fc.integer({ min: 0, max: 3_155_759_999 }).map((second) => second * 1000);
    fc.assert(
      fc.property(seconds, (at) => {
        const imf = httpDate(at);
        const [, day = "", month = "", year = "", time = ""] = imf.split(" ");
        const weekday = imf.slice(0, 3);
        expect(parseHttpDate(imf)).toBe(at);
        expect(parseHttpDate(`${weekday} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`)).toBe(at);
        expect(parseHttpDate(`Sunday, ${day}-${month}-${year.slice(2)} ${time} GMT`)).toBe(at);
      }),
    );
  });

  test("takes nothing else for a date, and fails on nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseHttpDate(text)).toBeNull();
      }),
    );
  });
});
