import { hash, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import { RequestError } from "../../errors.ts";
import type { ClientAddress } from "../client-address.ts";

/** A wrong token costs its sender this long, in milliseconds; those of one address are answered one after the other. */
const REFUSAL_MS = 500;

/** An address whose wrong tokens wait longer than this for their answers is not listened to. */
const WAIT_MAX_MS = 25_000;

/** Addresses told apart; beyond them all share one wait. */
const ADDRESSES_MAX = 10_000;

/**
 * Lets through who brings the operator's token as `Authorization: Bearer` (RFC 6750 §2.1), compared in constant time; a
 * right token does not wait. Problems: 401 `unauthorized`, and 429 `too_many_attempts` to an address that guesses much
 * faster than it is answered.
 */
export function requireToken(token: string, addressOf: ClientAddress): RequestHandler {
  const wanted = digest(token);
  /** When the last wrong token of an address is answered: milliseconds of performance.now(). */
  const busyUntil = new Map<string, number>();

  function nameOf(address: string, now: number): string {
    if (busyUntil.has(address) || busyUntil.size < ADDRESSES_MAX) return address;
    for (const [one, until] of busyUntil) if (until <= now) busyUntil.delete(one);
    return busyUntil.size < ADDRESSES_MAX ? address : "";
  }

  return (request, response, next) => {
    const [, given] = /^Bearer ([\x21-\x7e]{1,1024})$/i.exec(request.headers.authorization ?? "") ?? [];
    const refuse = () => {
      response.setHeader("WWW-Authenticate", 'Bearer realm="storywire"');
      next(new RequestError("This needs the operator's token", { code: "unauthorized", status: 401 }));
    };
    if (given === undefined) return refuse();
    const now = performance.now();
    const name = nameOf(addressOf(request), now);
    const free = Math.max(busyUntil.get(name) ?? now, now);
    if (free - now > WAIT_MAX_MS) {
      throw new RequestError("Too many wrong tokens came from this address", {
        code: "too_many_attempts",
        status: 429,
      });
    }
    if (timingSafeEqual(digest(given), wanted)) return next();
    busyUntil.set(name, free + REFUSAL_MS);
    setTimeout(refuse, free + REFUSAL_MS - now).unref();
  };
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
