import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** Who asks, as far as can be known: an IP address, "" where the connection is gone. */
export type ClientAddress = (request: Pick<IncomingMessage, "socket" | "headers">) => string;

/** Proxies that a request came through at most; what is told of more is not read. */
const HOPS_MAX = 16;

/**
 * Tells who asks. Only where the connection comes from a trusted range (CIDR) is X-Forwarded-For read, from its end: each
 * proxy appends whom it was asked by, so the first address that is no trusted proxy's is the client, and whatever stands
 * before it may be made up. `Forwarded` (RFC 7239) is not read: a proxy that writes one of the two passes the other on as
 * the client sent it.
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = rangesOf(trusted);
  return ({ socket, headers }) => {
    let client = bareAddress(socket.remoteAddress ?? "");
    if (!proxies.holds(client)) return client;
    const told = [headers["x-forwarded-for"] ?? []].flat().join(",");
    for (const hop of told.split(",").slice(-HOPS_MAX).toReversed()) {
      const address = bareAddress(hop.trim());
      if (isIP(address) === 0) break;
      client = address;
      if (!proxies.holds(client)) break;
    }
    return client;
  };
}

function rangesOf(ranges: readonly string[]): { holds(address: string): boolean } {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", bits = ""] = range.split("/");
    list.addSubnet(network, Number(bits), familyOf(network));
  }
  return { holds: (address) => isIP(address) > 0 && list.check(address, familyOf(address)) };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** `::ffff:192.0.2.1`, `192.0.2.1:443`, `[2001:db8::1]:443` → the address alone. */
function bareAddress(text: string): string {
  const inBrackets = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? text;
  const withoutPort = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(inBrackets)?.[1] ?? inBrackets;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutPort)?.[1] ?? withoutPort;
}
