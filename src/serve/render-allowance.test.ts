import { describe, expect, it } from "vitest";
import { createRenderAllowance } from "./render-allowance.ts";

function takes(allowance: ReturnType<typeof createRenderAllowance>, client: string): number {
  for (let taken = 0; ; taken += 1) {
    try {
      allowance.take(client);
    } catch {
      return taken;
    }
  }
}

describe("what one client may have made", () => {
  it("is sixty documents at once, and two more each second", () => {
    let now = 0;
    const allowance = createRenderAllowance(() => now);
    expect(takes(allowance, "192.0.2.1")).toBe(60);
    expect(takes(allowance, "192.0.2.2")).toBe(60);
    now += 10_000;
    expect(takes(allowance, "192.0.2.1")).toBe(20);
    now += 3_600_000;
    expect(takes(allowance, "192.0.2.1")).toBe(60);
  });

  it("is counted once for the network of an IPv6 customer", () => {
    const allowance = createRenderAllowance(() => 0);
    expect(takes(allowance, "2001:db8:1:2::1")).toBe(60);
    expect(takes(allowance, "2001:db8:1:2:ffff::9")).toBe(0);
    expect(takes(allowance, "2001:db8:1:3::1")).toBe(60);
  });

  it("is given back for what turned out to be at hand", () => {
    const allowance = createRenderAllowance(() => 0);
    for (let time = 0; time < 500; time += 1) {
      allowance.take("192.0.2.1");
      allowance.giveBack("192.0.2.1");
    }
    expect(takes(allowance, "192.0.2.1")).toBe(60);
  });
});
