import { createSocket, type Socket } from "node:dgram";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createResolver, type ResolverOptions } from "./resolve.ts";

const A = 1;
const AAAA = 28;
const NXDOMAIN = 3;

/** Answers by name: addresses as bytes by type, `hang` for silence; other names do not exist. */
const zone: Readonly<Record<string, "hang" | Readonly<Record<number, "hang" | readonly Buffer[]>>>> = {
  "two.example": { [A]: [Buffer.from([93, 184, 215, 14])], [AAAA]: [Buffer.from(`2606${"0".repeat(27)}1`, "hex")] },
  "four.example": { [A]: [Buffer.from([10, 0, 0, 1]), Buffer.from([93, 184, 215, 14])] },
  "half.example": { [A]: [Buffer.from([93, 184, 215, 14])], [AAAA]: "hang" },
  "hang.example": "hang",
};

let dns: Socket;
let folder: string;
let asked: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "storywire-hosts-"));
  await writeFile(join(folder, "hosts"), "127.0.0.1 localhost\n10.9.8.7 Pinned.example\n");
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  asked = [];
  dns = createSocket("udp4", (query, { port, address }) => {
    const { name, type, end } = readQuestion(query);
    asked.push(name);
    const records = zone[name];
    const data = records === "hang" ? "hang" : (records?.[type] ?? []);
    if (data !== "hang") dns.send(reply(query.subarray(0, end), data, type, records !== undefined), port, address);
  });
  await new Promise<void>((resolve) => dns.bind(0, "127.0.0.1", resolve));
});
afterEach(() => void dns.close());

/** The question of a DNS query (RFC 1035 §4.1.2). */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function reply(question: Buffer, data: readonly Buffer[], type: number, exists: boolean): Buffer {
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(0x8180 + (exists ? 0 : NXDOMAIN), 2);
  header.writeUInt16BE(data.length, 6);
  header.writeUInt32BE(0, 8);
  const records = data.map((bytes) =>
    Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 9, 0, bytes.length]), bytes]),
  );
  return Buffer.concat([header, question.subarray(12), ...records]);
}

/** A resolver that asks the server of this test; the system knows every name under one address. */
function resolver(options: ResolverOptions = {}): (host: string) => Promise<readonly string[]> {
  return createResolver({
    servers: [`127.0.0.1:${dns.address().port}`],
    hostsFile: join(folder, "hosts"),
    system: async (host) => [`system:${host}`],
    ...options,
  });
}

describe("createResolver", () => {
  test("gives all addresses that DNS has for a name, IPv4 first", async () => {
    expect(await resolver()("two.example")).toEqual(["93.184.215.14", "2606::1"]);
    expect(await resolver()("four.example.")).toEqual(["10.0.0.1", "93.184.215.14"]);
  });

  test("leaves names without a dot and names of the hosts file to the system, and asks nobody else", async () => {
    expect(await resolver()("localhost")).toEqual(["system:localhost"]);
    expect(await resolver()("pinned.example")).toEqual(["system:pinned.example"]);
    expect(asked).toEqual([]);
  });

  test("asks the system for a name that DNS does not know, or where there is no DNS", async () => {
    expect(await resolver()("unknown.example")).toEqual(["system:unknown.example"]);
    // Nobody listens there.
    expect(await resolver({ servers: ["127.0.0.1:1"] })("two.example")).toEqual(["system:two.example"]);
  });

  test("gives up a name whose server is silent without asking the system, whose threads it would block", async () => {
    await expect(resolver({ timeoutMs: 20 })("hang.example")).rejects.toMatchObject({ code: "ETIMEOUT" });
  });

  test("does not wait for IPv6 addresses that never come", async () => {
    expect(await resolver({ timeoutMs: 60_000 })("half.example")).toEqual(["93.184.215.14"]);
  });

  test("a hundred silent names delay no other", async () => {
    const resolve = resolver({ timeoutMs: 2_000 });
    const silent = Array.from({ length: 100 }, () => resolve("hang.example").catch(() => "gave up"));
    expect(await Promise.race([...silent, resolve("four.example")])).toEqual(["10.0.0.1", "93.184.215.14"]);
  });

  test("works without a hosts file", async () => {
    expect(await resolver({ hostsFile: join(folder, "missing") })("four.example")).toHaveLength(2);
  });
});
