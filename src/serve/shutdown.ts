import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How often connections without an answer to come are closed; a request half sent when closing begins has as long. */
const SWEEP_MS = 250;

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
      const sweep = setInterval(closeUnanswerable, SWEEP_MS);
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearInterval(sweep);
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
