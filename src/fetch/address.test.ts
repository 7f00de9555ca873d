import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SettingsError } from "../errors.ts";
import { judgeAddress, parseAddressRanges } from "./address.ts";

const refused: readonly [address: string, reason: string][] = [
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["::1", "loopback"],
  ["0.0.0.0", "unspecified"],
  ["0.1.2.3", "unspecified"],
  ["::", "unspecified"],
  ["10.0.0.1", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.168.1.1", "private"],
  ["169.254.169.254", "link-local"],
  ["fe80::1", "link-local"],
  ["fe80::1%eth0", "link-local"],
  ["febf::1", "link-local"],
  ["fec0::1", "unique-local"],
  ["fc00::1", "unique-local"],
  ["fd00:ec2::254", "unique-local"],
  ["100.64.0.1", "shared (RFC 6598)"],
  ["100.127.255.255", "shared (RFC 6598)"],
  ["224.0.0.1", "multicast"],
  ["239.255.255.250", "multicast"],
  ["ff02::1", "multicast"],
  ["ff0e::1", "multicast"],
  ["255.255.255.255", "broadcast"],
  ["240.0.0.1", "reserved"],
  ["192.0.0.8", "reserved"],
  ["192.0.2.1", "reserved"],
  ["198.51.100.1", "reserved"],
  ["203.0.113.1", "reserved"],
  ["198.18.0.1", "reserved"],
  ["198.19.255.255", "reserved"],
  ["192.88.99.1", "reserved"],
  ["2001:db8::1", "reserved"],
  ["3fff::1", "reserved"],
  ["2001:2::1", "reserved"],
  ["100::1", "reserved"],
  ["5f00::1", "reserved"],
  ["4000::1", "reserved"],
  ["::ffff:127.0.0.1", "embedded IPv4"],
  ["::ffff:7f00:1", "embedded IPv4"],
  ["0:0:0:0:0:ffff:a00:1", "embedded IPv4"],
  ["::ffff:8.8.8.8", "embedded IPv4"],
  ["::ffff:0:10.0.0.1", "embedded IPv4"],
  ["::127.0.0.1", "embedded IPv4"],
  ["::7f00:1", "embedded IPv4"],
  ["64:ff9b::10.0.0.1", "embedded IPv4"],
  ["64:ff9b:1::a00:1", "embedded IPv4"],
  ["2002:7f00:1::", "embedded IPv4"],
  ["2002:0808:0808::1", "embedded IPv4"],
  ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "embedded IPv4"],
  ["2606:4700::5efe:10.0.0.1", "embedded IPv4"],
  ["2606:4700::200:5efe:a00:1", "embedded IPv4"],
  ["", "not an IP address"],
  ["localhost", "not an IP address"],
  ["1.2.3.4.5", "not an IP address"],
  ["256.1.1.1", "not an IP address"],
];

const allowed = [
  "1.1.1.1",
  "8.8.8.8",
  "93.184.215.14",
  "172.15.255.255",
  "172.32.0.1",
  "100.63.255.255",
  "100.128.0.1",
];
const allowed6 = ["2606:4700:4700::1111", "2a00:1450:4001:80e::200e", "2001:4860:4860::8888", "2600::1"];

describe("judgeAddress", () => {
  test.each(refused)("refuses %s: %s", (address, reason) => {
    expect(judgeAddress(address, [])).toBe(reason);
  });

  test.each([...allowed, ...allowed6])("allows %s, a public address", (address) => {
    expect(judgeAddress(address, [])).toBe("allowed");
  });

  test("lets through what the operator lists, and nothing beside it", () => {
    const allow = parseAddressRanges(["127.0.0.0/8", "fd12::/16", "10.1.2.3"]);
    expect(judgeAddress("127.9.9.9", allow)).toBe("allowed");
    expect(judgeAddress("fd12::7", allow)).toBe("allowed");
    expect(judgeAddress("10.1.2.3", allow)).toBe("allowed");
    expect(judgeAddress("10.1.2.4", allow)).toBe("private");
    expect(judgeAddress("fd13::7", allow)).toBe("unique-local");
    expect(judgeAddress("::1", allow)).toBe("loopback");
  });

  test("does not take a mapped address for the IPv4 range that is allowed", () => {
    expect(judgeAddress("::ffff:127.0.0.1", parseAddressRanges(["127.0.0.0/8"]))).toBe("embedded IPv4");
  });

  test("never allows an IPv4 address inside an IPv6 one, whatever it is", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const prefixes = fc.constantFrom("::ffff:", "::", "64:ff9b::", "::ffff:0:", "2606:4700::5efe:");
    fc.assert(
      fc.property(prefixes, fc.tuple(octet, octet, octet, octet), (prefix, octets) => {
        expect(judgeAddress(`${prefix}${octets.join(".")}`, [])).not.toBe("allowed");
      }),
    );
  });

  test("never allows an address outside 2000::/3", () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const outside = fc.integer({ min: 0, max: 0xffff }).filter((first) => first >> 13 !== 1);
    fc.assert(
      fc.property(outside, fc.array(group, { minLength: 7, maxLength: 7 }), (first, rest) => {
        const address = [first, ...rest].map((part) => part.toString(16)).join(":");
        expect(judgeAddress(address, [])).not.toBe("allowed");
      }),
    );
  });
});

describe("parseAddressRanges", () => {
  test("names every entry that is no range", () => {
    const list = ["127.0.0.0/8", "nonsense", "10.0.0.0/33", "10"];
    expect(() => parseAddressRanges(list)).toThrow(SettingsError);
    try {
      parseAddressRanges(list);
    } catch (error) {
      expect((error as SettingsError).problems.map(({ value }) => value)).toEqual(["nonsense", "10.0.0.0/33", "10"]);
    }
  });
});
