import { lookup, Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { causeCode } from "./failure.ts";

/** Finds the IP addresses of a host name; rejects where there are none. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export interface ResolverOptions {
  /** Milliseconds until a DNS server is asked again; it is asked twice. Default 2,500. */
  readonly timeoutMs?: number;
  /** DNS servers (`127.0.0.1:5353`). Default: the system's. */
  readonly servers?: readonly string[];
  /** The system's own look-up; default getaddrinfo. */
  readonly system?: ResolveHost;
  readonly hostsFile?: string;
}

/** How long IPv6 addresses are waited for once the IPv4 ones are there (RFC 8305 §3), in milliseconds. */
const RESOLUTION_DELAY_MS = 250;

/** Answers of DNS after which the system may still know the name: by a search domain, mDNS, another database. */
const UNKNOWN_TO_DNS: ReadonlySet<string> = new Set(["ENOTFOUND", "ECONNREFUSED"]);

/**
 * Makes a look-up that asks DNS itself. The system's own (getaddrinfo) blocks a thread of a pool of four for as long as
 * a server does not answer, two of them at most, so that two hostile names would stop every other source; it is left
 * for names without a dot, names in the hosts file, and names that DNS does not know.
 */
export function createResolver(options: ResolverOptions = {}): ResolveHost {
  const { timeoutMs = 2_500, servers, system = askSystem, hostsFile = "/etc/hosts" } = options;
  return async (name) => {
    const host = name.endsWith(".") ? name.slice(0, -1) : name;
    if (!host.includes(".") || isMentioned(host, hostsFile)) return system(host);
    // A new one each time reads the system's servers anew: networks change under a running service.
    const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
    if (servers !== undefined) resolver.setServers(servers);
    const four = resolver.resolve4(host);
    const six = resolver.resolve6(host);
    // Some servers never answer for IPv6: what is known of IPv4 does not wait for them.
    const soon = four.then(
      () => setTimeout(RESOLUTION_DELAY_MS, []),
      () => six,
    );
    const answers = await Promise.allSettled([four, Promise.race([six, soon])]);
    const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (addresses.length > 0) return addresses;
    const causes = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
    if (causes.some((cause) => UNKNOWN_TO_DNS.has(causeCode(cause)))) return system(host);
    throw causes[0];
  };
}

async function askSystem(host: string): Promise<readonly string[]> {
  const answers = await lookup(host, { all: true });
  return answers.map(({ address }) => address);
}

/** Whether the hosts file may know the name; the system decides. */
function isMentioned(host: string, hostsFile: string): boolean {
  try {
    return readFileSync(hostsFile, "latin1").toLowerCase().includes(host);
  } catch {
    return false;
  }
}
