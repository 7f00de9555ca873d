import { describe, expect, it } from "vitest";
import type { DateInterval } from "../model/date.ts";
import { findTextListing } from "./listing-text.ts";

const CONTEXT = { timeZone: "UTC", capturedAt: Date.parse("2024-05-09T10:30:00Z") };

function dayOf(date: DateInterval | undefined): string | undefined {
  return date && new Date(((date.from ?? date.to) + date.to) / 2).toISOString().slice(0, 10);
}

function read(text: string, heading?: string, language?: string) {
  const found = findTextListing(text.split("\n"), CONTEXT, heading, language);
  return found && { ...found, items: found.items.map((item) => [item.title, dayOf(item.published)]) };
}

const ARTICLE = `The mill is sold
UPDATED MAY 8, 2024

The mill went under the hammer on Wednesday. Nobody had expected more than two bidders, and eleven came.

"We will keep the wheel," said the buyer.

`;

describe("findTextListing", () => {
  it("reads titles with their dates below, wherever such a list stands", () => {
    const list =
      "READ ALSO\n\nA bridge for toads\n2 days ago\nThe last bakery closes\n3 days ago\nNo rain until June\nMay 3, 2024\n";
    expect(read(ARTICLE + list)).toEqual({
      items: [
        ["A bridge for toads", "2024-05-07"],
        ["The last bakery closes", "2024-05-06"],
        ["No rain until June", "2024-05-03"],
      ],
      startLine: 7,
      endLine: 15,
    });
  });

  it("reads dates that stand before their titles", () => {
    const list =
      "Neueste Meldungen\n\nvor 3 Stunden\nKröten bekommen eine Brücke\n\ngestern, 18:05 Uhr\nLetzte Bäckerei schließt\n\n3. Mai 2024\nKein Regen bis Juni\n\nAlles auf Seite 2";
    expect(read(list, undefined, "de")?.items).toEqual([
      ["Kröten bekommen eine Brücke", "2024-05-09"],
      ["Letzte Bäckerei schließt", "2024-05-08"],
      ["Kein Regen bis Juni", "2024-05-03"],
    ]);
  });

  it("takes the block below the heading that is named, case and marks aside", () => {
    const text =
      "Oldest\nOne about frogs\n1 May 2024\nTwo about newts\n2 May 2024\nThree about eels\n3 May 2024\n\n\n\n– Latest: –\nFour about owls\n7 May 2024\nFive about bats\n8 May 2024\n";
    expect(read(text, "LATEST")?.items).toEqual([
      ["Four about owls", "2024-05-07"],
      ["Five about bats", "2024-05-08"],
    ]);
  });

  it("keeps a longer line between title and date as the summary", () => {
    const summary = "Volunteers dug for three weekends; the county paid for the concrete and the fence.";
    const text = `News\nA bridge for toads\n${summary}\n2 days ago\nThe last bakery closes\n3 days ago\nNo rain until June\n5 days ago`;
    const found = findTextListing(text.split("\n"), CONTEXT, "News");
    expect(found?.items[0]).toMatchObject({ title: "A bridge for toads", summary });
  });

  it("finds no list in running text, nor below a heading that is not there", () => {
    expect(read(ARTICLE)).toBeNull();
    expect(read(ARTICLE, "More stories")).toBeNull();
    expect(read("")).toBeNull();
  });

  it("answers very many lines at once", () => {
    const started = process.cpuUsage().user;
    findTextListing(new Array<string>(100_000).fill("2 days ago"), CONTEXT);
    findTextListing(new Array<string>(100_000).fill("a title and nothing more"), CONTEXT);
    expect((process.cpuUsage().user - started) / 1000).toBeLessThan(5000);
  });
});
