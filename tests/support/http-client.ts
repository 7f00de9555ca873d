import http, { type IncomingHttpHeaders } from "node:http";
import net from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As sent: nothing is decoded. */
  readonly body: Buffer;
  readonly text: string;
}

interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request by node:http, which neither decodes bodies nor follows redirects. `path` is sent as it stands. */
export function ask(
  origin: string,
  path: string,
  { method = "GET", headers = {}, body }: AskOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(origin, { method, path, headers, agent: false }, async (response) => {
      try {
        const bytes = Buffer.concat(await response.toArray());
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes, text: bytes.toString() });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject).end(body);
  });
}

/** Sends bytes over a new connection and answers all that comes back until the other side closes. */
export function exchange(port: number, bytes: string, { isEnded = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = net.connect(port, "127.0.0.1", () => (isEnded ? socket.end(bytes) : socket.write(bytes)));
    socket.setEncoding("latin1");
    socket.on("data", (part) => {
      received += part;
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" || error.code === "EPIPE" ? undefined : reject(error),
    );
    socket.on("close", () => resolve(received));
  });
}
