import { describe, expect, it } from "vitest";
import { createOutageWatch } from "./outage.ts";

describe("the outage watch", () => {
  const hosts = ["a", "b", "c", "d", "e"];

  it("suspects ourselves when many hosts fail at once and none answers", () => {
    const watch = createOutageWatch();
    expect(hosts.map((host, index) => watch.told(host, index, false))).toEqual([false, false, false, false, true]);
  });

  it("does not while any host answers", () => {
    const watch = createOutageWatch();
    watch.told("well", 0, true);
    expect(hosts.map((host, index) => watch.told(host, index, false))).toEqual([false, false, false, false, false]);
  });

  it("does not count one host's failures as many, nor old ones", () => {
    const watch = createOutageWatch();
    expect([1, 2, 3, 4, 5, 6].map((at) => watch.told("a", at, false)).at(-1)).toBe(false);
    expect(hosts.map((host, index) => watch.told(host, index * 100_000, false)).at(-1)).toBe(false);
  });
});
