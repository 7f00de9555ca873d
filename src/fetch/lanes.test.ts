import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Connector, openSocket } from "./connect.ts";
import { type Lane, Lanes } from "./lanes.ts";
import { PieceBudget } from "./piece-budget.ts";

let server: Server;
let accepted: Socket[];
let lanes: Lanes;
let pieces: PieceBudget;

beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => {
    accepted.push(socket.on("error", () => {}));
    socket.on("data", () => socket.write("HTTP/1.1 204 No Content\r\n\r\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const open = () => openSocket({ host: "127.0.0.1", port, secure: false, addresses: ["127.0.0.1"] });
  const connector = new Connector({ connectMs: 500, allow: [], resolve: async () => ["93.184.215.14"], open });
  pieces = new PieceBudget();
  lanes = new Lanes(connector, { headerBytesMax: 1_000, pieces });
});

afterEach(() => {
  lanes.discardAll();
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** Takes a lane to a host, asks once and gives the lane back. */
async function useLane(host: string, lane = lanes.take({ origin: new URL(`http://${host}`) })): Promise<Lane> {
  await new Promise<void>((resolve, reject) => {
    lane.client.dispatch(
      { method: "GET", path: "/" },
      {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: () => {},
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
  lanes.keep(lane);
  return lane;
}

describe("lanes", () => {
  test("are taken again by the same origin, and by no other", async () => {
    const lane = await useLane("a.example");
    expect(lanes.take({ origin: new URL("http://b.example") })).not.toBe(lane);
    expect(lanes.take({ origin: new URL("http://a.example:8080") })).not.toBe(lane);
    expect(lanes.take({ origin: new URL("http://a.example"), proxy: new URL("http://proxy.example") })).not.toBe(lane);
    expect(lanes.take({ origin: new URL("http://a.example") })).toBe(lane);
    expect(lanes.take({ origin: new URL("http://a.example") })).not.toBe(lane);
  });

  test("are forgotten when the server closes them", async () => {
    const lane = await useLane("a.example");
    const closed = new Promise((resolve) => lane.socket?.once("close", resolve));
    accepted[0]?.end();
    await closed;
    expect(lanes.take({ origin: new URL("http://a.example") })).not.toBe(lane);
  });

  test("read what came in one of the loop's next turns where this one is used up, and nothing is lost", async () => {
    const lane = lanes.take({ origin: new URL("http://a.example") });
    const asking = useLane("a.example", lane);
    await new Promise((resolve) => server.once("connection", resolve));
    lane.socket?.prependOnceListener("readable", () => {
      while (!pieces.isSpent) pieces.take();
    });
    await asking;
    expect(pieces.isSpent).toBe(false);
  });

  test("are not kept without bound: the one idle longest is closed", async () => {
    const first = await useLane("first.example");
    for (let batch = 0; batch < 16; batch += 1) {
      await Promise.all(Array.from({ length: 64 }, (_, index) => useLane(`h${batch}x${index}.example`)));
    }
    expect(first.socket?.destroyed).toBe(true);
    expect(lanes.take({ origin: new URL("http://first.example") })).not.toBe(first);
  });
});
