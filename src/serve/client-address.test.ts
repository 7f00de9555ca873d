import { describe, expect, test } from "vitest";
import { createClientAddress } from "./client-address.ts";

/** Who is taken for the client of a request over a connection from `remote`. */
function seen(trusted: readonly string[], remote: string | undefined, forwarded?: string): string {
  // The socket is all of it that counts here.
  const socket = { remoteAddress: remote } as Parameters<ReturnType<typeof createClientAddress>>[0]["socket"];
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return createClientAddress(trusted)({ socket, headers });
}

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

describe("the client's address", () => {
  test("is the connection's, whatever headers say, unless a proxy is trusted", () => {
    expect(seen([], "203.0.113.9", "198.51.100.1")).toBe("203.0.113.9");
    expect(seen(["10.0.0.0/8"], "203.0.113.9", "198.51.100.1")).toBe("203.0.113.9");
    expect(seen([], "::ffff:203.0.113.9")).toBe("203.0.113.9");
    expect(seen(LOOPBACK, undefined, "198.51.100.1")).toBe("");
  });

  test.each([
    ["198.51.100.1", "198.51.100.1"],
    ["made-up, 198.51.100.1", "198.51.100.1"],
    ["192.0.2.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"],
    ["198.51.100.1:55123", "198.51.100.1"],
    ["[2001:db8::7]:55123", "2001:db8::7"],
    ["::ffff:198.51.100.1", "198.51.100.1"],
    ["", "127.0.0.1"],
    ["unknown", "127.0.0.1"],
    ["198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"],
    ["10.0.0.3, 10.0.0.2", "10.0.0.3"],
  ])("behind trusted proxies is the last one told that is no proxy: %s", (forwarded, client) => {
    expect(seen([...LOOPBACK, "10.0.0.0/8"], "127.0.0.1", forwarded)).toBe(client);
    expect(seen([...LOOPBACK, "10.0.0.0/8"], "::ffff:127.0.0.1", forwarded)).toBe(client);
  });

  test("is looked for among a few hops only", () => {
    const many = Array.from({ length: 10_000 }, () => "10.0.0.2").join(",");
    expect(seen(["10.0.0.0/8"], "10.0.0.1", `198.51.100.1,${many}`)).toBe("10.0.0.2");
  });
});
