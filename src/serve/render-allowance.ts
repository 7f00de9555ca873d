import { RequestError } from "../errors.ts";

/** Documents that one client may have made at once, and how many more each second. */
const AT_ONCE = 60;
const PER_SECOND = 2;

/** Clients remembered; the one that asked longest ago is forgotten. */
const CLIENTS_MAX = 10_000;

/** How many documents each client may have made for it; answers that are at hand cost nothing. */
export interface RenderAllowance {
  /** Takes one; RequestError `too_many_requests` (429) where none is left. */
  take(client: string): void;
  /** It turned out to cost nothing: the client had the document. */
  giveBack(client: string): void;
}

/** `now` gives milliseconds of a clock that never goes back. */
export function createRenderAllowance(now: () => number): RenderAllowance {
  const clients = new Map<string, { readonly left: number; readonly at: number }>();

  function leftOf(client: string): number {
    const known = clients.get(client);
    return known === undefined ? AT_ONCE : Math.min(AT_ONCE, known.left + ((now() - known.at) / 1000) * PER_SECOND);
  }

  function remember(client: string, left: number): void {
    clients.delete(client);
    clients.set(client, { left: Math.min(AT_ONCE, left), at: now() });
    const [oldest] = clients.keys();
    if (clients.size > CLIENTS_MAX && oldest !== undefined) clients.delete(oldest);
  }

  return {
    take(address) {
      const client = networkOf(address);
      const left = leftOf(client);
      if (left < 1) {
        throw new RequestError("Too many different documents are asked for; those at hand are still answered", {
          code: "too_many_requests",
          status: 429,
        });
      }
      remember(client, left - 1);
    },
    giveBack(address) {
      const client = networkOf(address);
      remember(client, leftOf(client) + 1);
    },
  };
}

/** An IPv4 address; of an IPv6 address the network that one customer has (RFC 6177). */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [front = ""] = address.split("::", 1);
  return front.split(":").slice(0, 4).join(":");
}
