import { describe, expect, it, vi } from "vitest";
import { aSource, NOW, url } from "../../tests/support/stories.ts";
import { freshMemory } from "../model/poll.ts";
import type { SourceId } from "../model/source.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import {
  createAgenda,
  dueSources,
  interleaveHosts,
  isCronExpression,
  nextCronRun,
  nextTurns,
  startTicking,
} from "./schedule.ts";

const due = (at: number | null, gone = false) => ({
  id: "x" as SourceId,
  memory: { ...freshMemory, gone },
  nextPollAt: at,
});

describe("dueSources", () => {
  const sources = ["a", "b", "c", "d", "e"].map((id) => aSource({ id, paused: id === "e" }));
  const states = new Map([
    ["a" as SourceId, due(NOW - 1)],
    ["b" as SourceId, due(NOW + 1)],
    ["c" as SourceId, due(NOW - 10, true)],
  ]);

  it("takes what is due or was never seen, longest overdue first; not what is paused or gone", () => {
    expect(dueSources({ sources, states, now: NOW, busy: new Set() }).map((source) => source.id)).toEqual(["d", "a"]);
  });

  it("never visits a source twice at once", () => {
    expect(
      dueSources({ sources, states, now: NOW, busy: new Set(["d" as SourceId]) }).map((source) => source.id),
    ).toEqual(["a"]);
  });
});

describe("interleaveHosts", () => {
  it("lets hosts take turns", () => {
    const sources = ["a1", "a2", "a3", "b1", "c1", "b2"].map((id) =>
      aSource({ id, url: url(`https://${id[0]}.example/${id}`) }),
    );
    expect(interleaveHosts(sources).map((source) => source.id)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });
});

describe("nextTurns", () => {
  const at = (host: string, numbers: readonly number[]) =>
    numbers.map((number) => aSource({ id: `${host}${number}`, url: url(`https://${host}.example/${number}`) }));

  it("leaves turns to other hosts, however many sources a slow one has", () => {
    const due = [...at("slow", [3, 4, 5, 6, 7, 8]), ...at("b", [1]), ...at("c", [1])];
    const turns = nextTurns(due, { visiting: at("slow", [1]), free: 5, perHost: 2 });
    expect(turns.map(({ id }) => id)).toEqual(["slow3", "b1", "c1"]);
  });

  it("gives files as many turns as there are", () => {
    const due = [1, 2, 3].map((number) =>
      aSource({ id: `f${number}`, url: `file:///pages/${number}.html` as AbsoluteUrl }),
    );
    expect(nextTurns(due, { visiting: [], free: 2, perHost: 1 })).toHaveLength(2);
  });
});

describe("createAgenda", () => {
  const HOUR = 3_600_000;
  const source = aSource({ id: "a" });

  it("keeps the interval when the wall clock is put back, and catches up when it is put on", () => {
    const agenda = createAgenda();
    expect(agenda.dueAt(source, NOW + HOUR, { wall: NOW, steady: 0 })).toBe(NOW + HOUR);
    const back = { wall: NOW - 24 * HOUR, steady: HOUR / 2 };
    expect(agenda.dueAt(source, NOW + HOUR, back)).toBe(back.wall + HOUR / 2);
    expect(agenda.dueAt(source, NOW + HOUR, { wall: NOW + 24 * HOUR, steady: HOUR / 2 })).toBeLessThan(NOW + 24 * HOUR);
  });

  it("starts anew with each visit", () => {
    const agenda = createAgenda();
    agenda.dueAt(source, NOW + HOUR, { wall: NOW, steady: 0 });
    expect(agenda.dueAt(source, NOW + 3 * HOUR, { wall: NOW + HOUR, steady: HOUR })).toBe(NOW + 3 * HOUR);
  });

  it("believes no clock that was years ahead when the source was visited last", () => {
    const due = createAgenda().dueAt(source, NOW + 10_000 * 24 * HOUR, { wall: NOW, steady: 0 });
    expect(due).toBe(NOW + 8 * 24 * HOUR);
  });
});

describe("startTicking", () => {
  it("goes on whatever the wall clock does, never twice at once", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: NOW });
    try {
      let ticks = 0;
      const ticking = startTicking(async () => {
        ticks += 1;
      });
      await vi.advanceTimersByTimeAsync(2_500);
      expect(ticks).toBe(3);
      vi.setSystemTime(NOW - 24 * 3_600_000);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(ticks).toBe(5);
      vi.setSystemTime(NOW + 24 * 3_600_000);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(ticks).toBe(6);
      ticking.stop();
      await vi.advanceTimersByTimeAsync(5_000);
      expect(ticks).toBe(6);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("cron expressions", () => {
  it("are judged and computed by node-cron, in the source's zone", () => {
    expect(isCronExpression("*/15 * * * *")).toBe(true);
    expect(isCronExpression("every now and then")).toBe(false);
    const next = nextCronRun("30 4 * * *", "America/New_York");
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: "America/New_York",
      hour: "2-digit",
      minute: "2-digit",
    }).format(next ?? 0);
    expect(parts).toBe("04:30");
  });
});
