import { expect, it } from "vitest";
import { linesOf } from "../../../tests/support/render-module.ts";
import { children } from "../xml.ts";
import { addRefreshHints, updateRhythm } from "./syndication.ts";

it.each([
  [1, "hourly", 60],
  [5, "hourly", 12],
  [15, "hourly", 4],
  [60, "hourly", 1],
  [45, "daily", 32],
  [50, "hourly", 1],
  [90, "daily", 16],
  [1440, "daily", 1],
  [2880, "weekly", 3],
  [10_080, "weekly", 1],
  [44_000, "monthly", 1],
])("an interval of %i minutes is %s, %i times", (minutes, period, frequency) => {
  expect(updateRhythm(minutes)).toEqual({ period, frequency });
});

it("stands before the items, a line each, and nowhere where nothing is known", () => {
  const write = (ttlMinutes: number | undefined) =>
    linesOf(
      (channel) => addRefreshHints(channel, { ttlMinutes }, children(channel, "item")[0]),
      "<channel>\n<item/>\n</channel>",
    );
  expect(write(30)).toEqual([
    "<ttl>30</ttl>",
    "<sy:updatePeriod>hourly</sy:updatePeriod>",
    "<sy:updateFrequency>2</sy:updateFrequency>",
    "<item/>",
  ]);
  expect(write(undefined)).toEqual(["<item/>"]);
});
