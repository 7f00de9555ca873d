import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DateContext } from "./date-parse.ts";
import { findDate } from "./date-words.ts";

const NOW = Date.parse("2024-05-09T10:30:00Z"); // a Thursday
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function context(language: string, timeZone = "UTC"): DateContext {
  return { timeZone, languages: [language], capturedAt: NOW, origin: "listing" };
}

/** A day as YYYY-MM-DD, a moment as an instant, anything coarser by its middle with a tilde. */
function read(text: string, language = "en"): string | null {
  const found = findDate(text, context(language));
  if (found?.from === undefined) return null;
  const iso = new Date((found.from + found.to) / 2).toISOString();
  if (found.precision === "exact") return iso.replace(":00.000Z", "Z");
  return found.precision === "day" ? iso.slice(0, 10) : `~${iso.replace(":00.000Z", "Z")}`;
}

describe("findDate", () => {
  it.each([
    ["5h", "~2024-05-09T05:30Z"],
    ["12m", "~2024-05-09T10:18Z"],
    ["2d", "~2024-05-07T10:30Z"],
    ["20 min. ago", "~2024-05-09T10:10Z"],
    ["about 4 hours ago", "~2024-05-09T06:30Z"],
    ["Updated two hours ago", "~2024-05-09T08:30Z"],
    ["1 hour 10 minutes ago", "~2024-05-09T09:20Z"],
    ["posted an hour ago by Ann Example", "~2024-05-09T09:30Z"],
    ["3 weeks ago", "~2024-04-18T10:30Z"],
    ["Just in", "~2024-05-09T10:00Z"],
    ["Today", "2024-05-09"],
    ["Yesterday at 6:15 PM", "2024-05-08T18:15Z"],
    ["Last updated: yesterday", "2024-05-08"],
    ["Last Thursday", "2024-05-02"],
    ["Monday", "2024-05-06"],
    ["Tue 14:05", "2024-05-07T14:05Z"],
    ["Dec 24", "2023-12-24"],
    ["Apr 30", "2024-04-30"],
    ["Thu 2 May", "2024-05-02"],
    ["By Ann Example | May 3rd, 2024", "2024-05-03"],
    ["4 min read · May 3, 2024", "2024-05-03"],
    ["May 3, 2024 · 4 min read", "2024-05-03"],
    ["7 comments May 3, 2024", "2024-05-03"],
    ["03 May 2024 | 11:20 BST", "2024-05-03T10:20Z"],
    ["11:20 a.m. EDT, May 3, 2024", "2024-05-03T15:20Z"],
    ["2024-05-03T11:20:00+02:00", "2024-05-03T09:20Z"],
    ["20240503", "2024-05-03"],
    ["1714735200", "2024-05-03T11:20Z"],
    ["Fri Mar 03 11:20:00 2023", "2023-03-03T11:20Z"],
  ])("reads English %s", (text, expected) => expect(read(text)).toBe(expected));

  it.each([
    ["de", "vor etwa 3 Stunden", "~2024-05-09T07:30Z"],
    ["de", "Aktualisiert am 3. Mai 2024 um 9.05 Uhr", "2024-05-03T09:05Z"],
    ["de", "heute, 8:15 Uhr", "2024-05-09T08:15Z"],
    ["de", "vorgestern", "2024-05-07"],
    ["de", "Di., 7. Mai", "2024-05-07"],
    ["de", "Von user1 am 3.5.2024", "2024-05-03"],
    ["de", "500g", null],
    ["de", "Datum: 03.Mär.19", "2019-03-03"],
    ["it", "5g", "~2024-05-04T10:30Z"],
    ["fa", "2 تير 1399", "2020-06-22"],
    ["fr", "il y a une heure", "~2024-05-09T09:30Z"],
    ["fr", "Mis à jour hier à 18h05", "2024-05-08T18:05Z"],
    ["fr", "lundi dernier", "2024-05-06"],
    ["fr", "1er mai 2024", "2024-05-01"],
    ["fr", "mar. 7 mai 2024", "2024-05-07"],
    ["es", "hace unas 3 horas", "~2024-05-09T07:30Z"],
    ["es", "3 de mayo, 2024 a las 9:05", "2024-05-03T09:05Z"],
    ["it", "un'ora fa", "~2024-05-09T09:30Z"],
    ["it", "3 maggio 2024 alle 9:05", "2024-05-03T09:05Z"],
    ["pt", "há cerca de 2 dias", "~2024-05-07T10:30Z"],
    ["pt", "hoje às 9h05", "2024-05-09T09:05Z"],
    ["pt-BR", "03/05/2024 09h05", "2024-05-03T09:05Z"],
    ["nl", "een dag geleden", "~2024-05-08T10:30Z"],
    ["sv", "Igår 18:05", "2024-05-08T18:05Z"],
    ["sv", "3 timmar sedan", "~2024-05-09T07:30Z"],
    ["da", "3. maj 2024 kl. 9.05", "2024-05-03T09:05Z"],
    ["nb", "for en time siden", "~2024-05-09T09:30Z"],
    ["fi", "3.5.2024 klo 9.05", "2024-05-03T09:05Z"],
    ["pl", "godzinę temu", "~2024-05-09T09:30Z"],
    ["pl", "dzisiaj, 9:05", "2024-05-09T09:05Z"],
    ["cs", "včera 18:05", "2024-05-08T18:05Z"],
    ["ru", "час назад", "~2024-05-09T09:30Z"],
    ["ru", "сегодня в 9:05", "2024-05-09T09:05Z"],
    ["uk", "3 травня 2024, 09:05", "2024-05-03T09:05Z"],
    ["tr", "3 Mayıs 2024 Cuma 09:05", "2024-05-03T09:05Z"],
    ["ja", "2024年5月3日（金）9時5分", "2024-05-03T09:05Z"],
    ["ja", "5月3日 9:05", "2024-05-03T09:05Z"],
    ["zh", "今天 09:05", "2024-05-09T09:05Z"],
    ["zh-Hant", "3小時前", "~2024-05-09T07:30Z"],
    ["ko", "2024.05.03 오후 6:05", "2024-05-03T18:05Z"],
    ["ar", "منذ ساعة", "~2024-05-09T09:30Z"],
    ["ar", "٣ مايو ٢٠٢٤", "2024-05-03"],
    ["he", "אתמול 18:05", "2024-05-08T18:05Z"],
    ["hi", "3 घंटे पहले", "~2024-05-09T07:30Z"],
    ["el", "πριν 2 ώρες", "~2024-05-09T08:30Z"],
    ["el", "3 Μαΐου 2024, 9:05", "2024-05-03T09:05Z"],
    ["id", "Jumat, 3 Mei 2024 09.05 WIB", "2024-05-03T02:05Z"],
    ["vi", "09:05, 3/5/2024", "2024-05-03T09:05Z"],
    ["ro", "acum o oră", "~2024-05-09T09:30Z"],
    ["hu", "2 órája", "~2024-05-09T08:30Z"],
    ["th", "3 พ.ค. 2567", "2024-05-03"],
    ["th", "3 พ.ค. 67", "2024-05-03"],
    ["fa", "۱۴ اردیبهشت ۱۴۰۳", "2024-05-03"],
    ["fa", "۱۴۰۳/۲/۱۴، ۰۹:۰۵", "2024-05-03T09:05Z"],
    ["ar", "3 أيار 2024", "2024-05-03"],
    ["sw", "dakika 5 zilizopita", "~2024-05-09T10:25Z"],
  ])("reads %s: %s", (language, text, expected) => expect(read(text, language)).toBe(expected));

  it("falls back on other languages where the page's own says nothing", () => {
    expect(read("hace 3 horas", "en")).toBe("~2024-05-09T07:30Z");
    expect(read("3. května 2024", "en")).toBe("2024-05-03");
    expect(read("вчера", "en")).toBe("2024-05-08");
  });

  it("takes the order of day and month from the language", () => {
    expect(read("3/5/2024", "en-US")).toBe("2024-03-05");
    expect(read("3/5/2024", "en-GB")).toBe("2024-05-03");
    expect(read("3/5/2024", "es")).toBe("2024-05-03");
  });

  it.each([
    ...["12 comments", "2024", "May 2024", "Phone 17 Pro", "5 min read", "5 min", "24/7", "3-2", "Chapter 5", "1.2.3"],
    ...[
      "USA Today",
      "Today's headlines",
      "Black Friday deals",
      "May be wrong",
      "5 may win",
      "Top 10",
      "$20.24",
      "10:45",
    ],
    ...[
      "192.168.1.10",
      "By Ann Example",
      "",
      "7",
      "in 3 hours",
      "+1 202 555 0100",
      "99 days",
      "Sun",
      "March for peace",
    ],
  ])("finds nothing in %s", (text) => expect(read(text)).toBeNull());

  it("keeps how sharply the words tell the date", () => {
    const base = { origin: "listing" };
    expect(findDate("2 days ago", context("en"))).toEqual({
      ...base,
      from: NOW - 3 * DAY,
      to: NOW - DAY,
      precision: "relative",
      text: "2 days ago",
    });
    expect(findDate("yesterday", context("en", "America/New_York"))).toEqual({
      ...base,
      from: Date.parse("2024-05-08T04:00:00Z"),
      to: Date.parse("2024-05-09T03:59:59.999Z"),
      precision: "day",
      text: "yesterday",
    });
    expect(findDate("May 3, 2024 9:05 AM", context("en", "Asia/Tokyo"))).toMatchObject({
      from: Date.parse("2024-05-03T00:05:00Z"),
      to: Date.parse("2024-05-03T00:05:00Z"),
      precision: "exact",
    });
  });

  it("reads back what Intl prints in any language", () => {
    const languages = "en de fr es it pt nl sv da nb fi pl cs ru uk tr ja zh ko he hi id vi el ro hu bg hr lt et";
    const units = fc.constantFrom(["minute", 60_000], ["hour", HOUR], ["day", DAY], ["week", 7 * DAY] as const);
    const counts = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(fc.constantFrom(...languages.split(" ")), units, counts, (language, [unit, ms], count) => {
        const text = new Intl.RelativeTimeFormat(language).format(-count, unit as "hour");
        const found = findDate(text, context(language));
        expect(found?.from, text).toBe(NOW - (count + 1) * Number(ms));
        expect(found?.to, text).toBe(NOW - (count - 1) * Number(ms));
      }),
    );
  });

  it("answers hostile text at once", () => {
    for (const piece of ["1 ", "1.", "may ", "1 day ", "\u200f", "a ", "12:", "年", "2024-"]) {
      const started = process.cpuUsage().user;
      findDate(piece.repeat(200_000), context("en"));
      expect((process.cpuUsage().user - started) / 1000).toBeLessThan(1000);
    }
  });

  it("answers any text with null or an interval whose ends are in order", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const found = findDate(text, context("en"));
        if (found?.from !== undefined) expect(found.from).toBeLessThanOrEqual(found.to);
      }),
    );
  });
});
