import ipaddr from "ipaddr.js";
import { SettingsError } from "../errors.ts";

/** A CIDR range of the operator's allow list. */
export type AddressRange = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Why an address may not be connected to. */
export type AddressRefusal =
  | "not an IP address"
  | "loopback"
  | "private"
  | "link-local"
  | "unique-local"
  | "shared (RFC 6598)"
  | "multicast"
  | "broadcast"
  | "unspecified"
  | "embedded IPv4"
  | "reserved";

/** ipaddr.js names of what is refused; whatever else is not global unicast counts as reserved. */
const REFUSALS: Readonly<Record<string, AddressRefusal>> = {
  loopback: "loopback",
  private: "private",
  linkLocal: "link-local",
  deprecatedSiteLocal: "unique-local",
  uniqueLocal: "unique-local",
  carrierGradeNat: "shared (RFC 6598)",
  multicast: "multicast",
  broadcast: "broadcast",
  unspecified: "unspecified",
  ipv4Mapped: "embedded IPv4",
  rfc6145: "embedded IPv4",
  rfc6052: "embedded IPv4",
  "6to4": "embedded IPv4",
  teredo: "embedded IPv4",
};

/**
 * Reads the operator's list of CIDR ranges (`127.0.0.0/8`, `fd00::/8`; a bare address means that one address).
 *
 * @throws SettingsError naming every entry that is no range.
 */
export function parseAddressRanges(list: readonly string[]): readonly AddressRange[] {
  const problems = list
    .filter((entry) => toRange(entry) === null)
    .map((value) => ({ file: "STORYWIRE_ALLOW_ADDRESSES", path: "", value, wanted: "an IP address or a CIDR range" }));
  if (problems.length > 0) throw new SettingsError(problems);
  return list.map(toRange).filter((range) => range !== null);
}

function toRange(entry: string): AddressRange | null {
  const text = entry.trim();
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  // Four parts only: ipaddr.js also reads "10" as 0.0.0.10, which no operator means.
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return null;
  const address = ipaddr.parse(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/**
 * Whether a connection to `ip` may be opened. Global unicast addresses are allowed; loopback, private, link-local,
 * unique-local, shared, multicast, unspecified, reserved, documentation and benchmark addresses and every way to write
 * an IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are refused with the reason,
 * unless a range of `allow` holds that very address. A mapped address is not covered by its IPv4 range.
 * (RFC 6890 registries; RFC 4291 §2.4: only 2000::/3 is assigned.)
 */
export function judgeAddress(ip: string, allow: readonly AddressRange[]): "allowed" | AddressRefusal {
  if (!ipaddr.isValid(ip)) return "not an IP address";
  const address = ipaddr.parse(ip);
  if (allow.some((range) => contains(range, address))) return "allowed";
  const range = address.range();
  if (range !== "unicast") return REFUSALS[range] ?? "reserved";
  return address instanceof ipaddr.IPv6 ? judgeUnicast6(address.parts) : "allowed";
}

function contains([network, bits]: AddressRange, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

/** The eight 16-bit groups of what ipaddr.js takes for unicast because no special range holds it. */
function judgeUnicast6(groups: readonly number[]): "allowed" | AddressRefusal {
  const [first = 0] = groups;
  // ::a.b.c.d, IPv4-compatible (RFC 4291 §2.5.5.1).
  if (groups.slice(0, 6).every((group) => group === 0)) return "embedded IPv4";
  if (first >> 13 !== 1) return "reserved";
  // ISATAP interface identifiers, [0200:]5efe:a.b.c.d (RFC 5214 §6.1).
  const [, , , , universal = 0, marker] = groups;
  return marker === 0x5efe && (universal & ~0x0200) === 0 ? "embedded IPv4" : "allowed";
}
