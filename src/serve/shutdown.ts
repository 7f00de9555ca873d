import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const SWEEP_MS = 50;
/** How long a request may still take to arrive whole once the server closes. */
const HALF_SENT_GRACE_MS = 500;

/** What must be known of connections in order to close them with manners. */
export interface Shutdown {
  /** Says that an answer will take its time. */
  expect(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Takes no new connection; closes idle ones at once, those that send no whole request soon after, and those with an
   * answer under way when it is given or `graceMs` is up. Resolves when all are closed.
   */
  close(graceMs: number): Promise<void>;
}

/** Watches the connections of a server that does not listen yet. */
export function createShutdown(server: Server): Shutdown {
  const connections = new Set<Socket>();
  const expected = new Set<IncomingMessage>();

  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });

  function closeUnanswerable(): void {
    const waiting = new Set([...expected].map(({ socket }) => socket));
    for (const socket of connections) if (!waiting.has(socket) && socket.writableLength === 0) socket.destroy();
  }

  function close(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      // node closes connections that are idle now; those that become idle later would linger for their keep-alive time.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      const hurry = setTimeout(closeUnanswerable, Math.min(HALF_SENT_GRACE_MS, graceMs));
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearInterval(sweep);
        clearTimeout(hurry);
        clearTimeout(deadline);
        resolve();
      });
    });
  }

  function expect(request: IncomingMessage, response: ServerResponse): void {
    expected.add(request);
    response.once("close", () => expected.delete(request));
  }

  return { expect, close };
}
