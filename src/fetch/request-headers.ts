import { ACCEPTED_CODINGS } from "./content-coding.ts";
import { basicCredentials, urlCredentials } from "./credentials.ts";

/** Whatever the address holds. Naming every type of feed would cost more bytes than most 304 answers have. */
const ACCEPT = "*/*";

/** The operator's secrets and headers, for the origin they were given for. */
interface Secrets {
  /** The source's address: its user and password are Basic credentials where no others are given. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cookies?: Readonly<Record<string, string>> | undefined;
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: string } | undefined;
}

export interface HeaderOptions {
  readonly userAgent: string;
  readonly accept?: string | undefined;
  readonly validators?: { readonly etag?: string | undefined; readonly lastModified?: string | undefined } | undefined;
  readonly secrets?: Secrets | undefined;
  /** Target and proxy of a request that a proxy forwards (RFC 9112 §3.2.2). */
  readonly forwarding?: { readonly host: string; readonly proxy: URL } | undefined;
}

/** Headers that frame the message or belong to the connection: not the operator's to set. */
const RESERVED = new Set(["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer"]);

/** Names and values in turn, as undici takes them. The operator's own headers win over ours. */
export function buildHeaders(options: HeaderOptions): string[] {
  const { userAgent, accept, validators, secrets, forwarding } = options;
  const list = ["user-agent", userAgent, "accept", accept ?? ACCEPT, "accept-encoding", ACCEPTED_CODINGS];
  // A delta can only be made against what we named as held (RFC 3229 §10.5.3).
  if (validators?.etag !== undefined) list.push("if-none-match", validators.etag, "a-im", "feed");
  if (validators?.lastModified !== undefined) list.push("if-modified-since", validators.lastModified);
  if (forwarding !== undefined) list.push("host", forwarding.host);
  const proxyCredentials = forwarding === undefined ? undefined : urlCredentials(forwarding.proxy);
  if (proxyCredentials !== undefined) list.push("proxy-authorization", proxyCredentials);
  return secrets === undefined ? list : withSecrets(list, secrets);
}

function withSecrets(list: string[], secrets: Secrets): string[] {
  const authorization = readAuthorization(secrets);
  if (authorization !== undefined) list.push("authorization", authorization);
  const cookies = Object.entries(secrets.cookies ?? {}).map(([name, value]) => `${name}=${value}`);
  if (cookies.length > 0) list.push("cookie", cookies.join("; "));
  const own = Object.entries(secrets.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  for (const [name, value] of own) if (!RESERVED.has(name)) setHeader(list, name, value);
  return list;
}

function setHeader(list: string[], name: string, value: string): void {
  const at = list.findIndex((entry, index) => index % 2 === 0 && entry === name);
  if (at < 0) list.push(name, value);
  else list[at + 1] = value;
}

function readAuthorization({ url, auth }: Secrets): string | undefined {
  if (auth === undefined) return urlCredentials(url);
  return "bearer" in auth ? `Bearer ${auth.bearer}` : basicCredentials(auth.username, auth.password);
}
