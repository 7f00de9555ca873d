import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DateContext, parseDate } from "./date-parse.ts";

const CONTEXT: DateContext = {
  timeZone: "UTC",
  languages: [],
  capturedAt: Date.parse("2026-03-04T05:06:07Z"),
  origin: "feed",
};

function instant(text: string, context: Partial<DateContext> = {}): string | null {
  const found = parseDate(text, { ...CONTEXT, ...context });
  return found?.from === undefined ? null : new Date(found.from).toISOString();
}

describe("parseDate", () => {
  it.each([
    ["Sat, 14 Mar 2020 07:08:09 GMT", "2020-03-14T07:08:09.000Z"],
    ["14 Mar 2020 07:08 +0130", "2020-03-14T05:38:00.000Z"],
    ["Sat,14 Mar 20 07:08:09 -0000", "2020-03-14T07:08:09.000Z"],
    ["Sat, 14 March, 2020 07:08:09 CEST", "2020-03-14T05:08:09.000Z"],
    ["Tue, 14 Jul 2020 07:08:09 ET", "2020-07-14T11:08:09.000Z"],
    ["Tue, 14 Jan 2020 07:08:09 ET", "2020-01-14T12:08:09.000Z"],
    ["Sat, 14 Mar 2020 07:08:09 Etc/GMT", "2020-03-14T07:08:09.000Z"],
    ["14 Jul 2020 07:08 Europe/Berlin", "2020-07-14T05:08:00.000Z"],
    ["Sat, 14 Mar 2020 07:08:09 M", "2020-03-14T19:08:09.000Z"],
    ["Sat Mar 14 2020 07:08:09 GMT+0200 (Some Summer Time)", "2020-03-14T05:08:09.000Z"],
    ["Sat Mar 14 07:08:09 2020", "2020-03-14T07:08:09.000Z"],
    ["Sat Mar 14 07:08:09 EDT 2020", "2020-03-14T11:08:09.000Z"],
    ["Sat, 2020/03/14 07:08:09 PM EST", "2020-03-15T00:08:09.000Z"],
  ])("reads RFC 822 and its relatives: %s", (text, expected) => expect(instant(text)).toBe(expected));

  it.each([
    ["2020-03-14T07:08:09.1239Z", "2020-03-14T07:08:09.123Z"],
    ["2020-03-14T07:08:09+05:45", "2020-03-14T01:23:09.000Z"],
    ["2020-03-14 07:08:09", "2020-03-14T07:08:09.000Z"],
    ["20200314T070809Z", "2020-03-14T07:08:09.000Z"],
    ["2020-03-14T07:08,5Z", "2020-03-14T07:08:30.000Z"],
    ["2020-W01-1", "2019-12-30T00:00:00.000Z"],
    ["2020W537", "2021-01-03T00:00:00.000Z"],
    ["2020-366", "2020-12-31T00:00:00.000Z"],
    ["2020-03", "2020-03-01T00:00:00.000Z"],
    ["2020", "2020-01-01T00:00:00.000Z"],
    ["--02-14", "2026-02-14T00:00:00.000Z"],
    ["--12-14", "2025-12-14T00:00:00.000Z"],
    ["-2003", "2020-03-01T00:00:00.000Z"],
    ["20-03-14", "2020-03-14T00:00:00.000Z"],
    ["2020-03-14T24:00:00Z", "2020-03-15T00:00:00.000Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
    ["1584169689", "2020-03-14T07:08:09.000Z"],
    ["1584169689123", "2020-03-14T07:08:09.123Z"],
    ["20200314", "2020-03-14T00:00:00.000Z"],
  ])("reads ISO 8601 and figures: %s", (text, expected) => expect(instant(text)).toBe(expected));

  it.each([
    ["14.03.2020 07:08", "de", "2020-03-14T07:08:00.000Z"],
    ["03/04/2020", "en-US", "2020-03-04T00:00:00.000Z"],
    ["03/04/2020", "en-GB", "2020-04-03T00:00:00.000Z"],
    ["14/04/2020", "en-US", "2020-04-14T00:00:00.000Z"],
    ["3/14/2020 7:08 p.m.", "en-US", "2020-03-14T19:08:00.000Z"],
    ["Sa, 14 Mär 2020 07:08:09 +0100", "en", "2020-03-14T06:08:09.000Z"],
    ["mar, 14 avr 2020 07:08:09 +0200", "en", "2020-04-14T05:08:09.000Z"],
    ["Σάβ, 14 Μάρ 2020 07:08:09 GMT", "en", "2020-03-14T07:08:09.000Z"],
    ["2020-március-14T7:08+01:00", "en", "2020-03-14T06:08:00.000Z"],
    ["14 марта 2020 г. 07:08", "en", "2020-03-14T07:08:00.000Z"],
    ["2020年3月14日 07:08", "en", "2020-03-14T07:08:00.000Z"],
    ["2020년 03월 14일 07:08:09", "en", "2020-03-13T22:08:09.000Z"],
    ["2020-03-14 오후 7:08:09", "en", "2020-03-14T10:08:09.000Z"],
  ])("reads %s in %s", (text, language, expected) => expect(instant(text, { languages: [language] })).toBe(expected));

  it.each([
    ...["", "soon", "31 Feb 2020", "2021-02-29", "2020-13-01", "2020-00-10", "0000-01-01", "9999-12-31T23:59:59Z"],
    ...["Sat, 14 Mar 2020 25:00:00 GMT", "Sat, 14 Mar 2020 24:01:00 GMT", "Sat, 14 xxx 2020 07:08:09 GMT"],
    ...["Sat, 14 Mar 2020 07:08:09 +00:zz", "Sat, 14 Mar 2020 7:8:9:1 GMT", "2020-03-14T07:08:09+99:00", "12"],
    "9".repeat(5000),
  ])("gives null for %s", (text) => expect(parseDate(text, CONTEXT)).toBeNull());

  it("reads a day as the whole day in the given zone, also where the clocks change", () => {
    const found = parseDate("29 Mar 2020", { ...CONTEXT, timeZone: "Europe/Berlin" });
    expect(found).toEqual({
      from: Date.parse("2020-03-28T23:00:00Z"),
      to: Date.parse("2020-03-29T21:59:59.999Z"),
      precision: "day",
      origin: "feed",
      text: "29 Mar 2020",
    });
  });

  it("reads a time without a zone in the given zone", () => {
    expect(instant("2020-07-14 07:08", { timeZone: "America/New_York" })).toBe("2020-07-14T11:08:00.000Z");
    expect(instant("14 Jul 2020 07:08", { timeZone: "America/New_York" })).toBe("2020-07-14T11:08:00.000Z");
  });

  it("gives back every instant that JavaScript prints, in each of its forms", () => {
    const instants = fc.date({ min: new Date("1971-01-01"), max: new Date("2049-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(instants, (date) => {
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        expect(parseDate(date.toISOString(), CONTEXT)?.to).toBe(date.getTime());
        expect(parseDate(date.toUTCString(), CONTEXT)?.to).toBe(seconds);
        expect(parseDate(date.toString(), CONTEXT)?.to).toBe(seconds);
      }),
    );
  });

  it("answers any text with null or an interval whose ends are in order", () => {
    const pieces = fc.constantFrom(
      "2020",
      "14",
      "Mar",
      "T",
      ":",
      "-",
      "07:08",
      "+01:00",
      ",",
      " ",
      "年",
      "W",
      "24",
      "午後",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join("")),
        ),
        (text) => {
          const found = parseDate(text, CONTEXT);
          if (found !== null) expect(found.from).toBeLessThanOrEqual(found.to);
        },
      ),
    );
  });
});
