import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyReader, type BodyTurns, createBodyTurns } from "./body-reader.ts";
import { CodingError, decodeWhole } from "./content-coding.ts";

const MIB = 1024 * 1024;

const packers: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  "x-gzip": (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }),
  zstd: (bytes) => zlib.zstdCompressSync(bytes),
  identity: (bytes) => bytes,
};

interface ReadOptions {
  readonly bodyBytesMax?: number;
  readonly turns?: BodyTurns;
  readonly pieceBytes?: number;
}

function reader(contentEncoding: string | undefined, options: ReadOptions = {}): BodyReader {
  const { bodyBytesMax = 4 * MIB, turns = createBodyTurns() } = options;
  return new BodyReader({ contentEncoding, bodyBytesMax, turns, onError: () => {} });
}

/** Puts a body through a reader in pieces, as slowly as the reader wants them. */
async function read(contentEncoding: string | undefined, body: Uint8Array, options: ReadOptions = {}): Promise<Buffer> {
  const body_ = reader(contentEncoding, options);
  const size = options.pieceBytes ?? 16_384;
  for (let at = 0; at < body.length; at += size) await body_.write(body.subarray(at, at + size));
  return Buffer.from(await body_.end());
}

/** Text that packs to more than one go takes. */
const noise = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7919 * (index >> 3)) & 0xff));

describe("BodyReader", () => {
  test.each(Object.keys(packers))(
    "gives back what was coded with %s, short or long, in pieces of any size",
    async (coding) => {
      const pack = packers[coding] ?? ((bytes) => bytes);
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 2000 }),
          fc.integer({ min: 1, max: 700 }),
          async (bytes, pieceBytes) => {
            expect(await read(coding, pack(bytes), { pieceBytes })).toEqual(Buffer.from(bytes));
          },
        ),
        { numRuns: 30 },
      );
      expect(await read(coding, pack(noise))).toEqual(noise);
    },
  );

  test("has a small coded body as it came, to be decoded again; none of a large or an uncoded one", async () => {
    const coded = zlib.gzipSync("hello hello");
    const small = reader("gzip");
    await small.write(coded.subarray(0, 5));
    await small.write(coded.subarray(5));
    await small.end();
    expect(Buffer.from(small.coded ?? [])).toEqual(coded);
    expect(Buffer.from(await decodeWhole("gzip", coded, 100)).toString()).toBe("hello hello");
    await expect(decodeWhole("gzip", coded, 10)).rejects.toMatchObject({ code: "too_large" });
    await expect(decodeWhole("gzip", coded.subarray(0, 9), 100)).rejects.toBeInstanceOf(CodingError);
    for (const [coding, body] of [
      ["gzip", zlib.gzipSync(Buffer.alloc(2 * MIB))],
      [undefined, Buffer.from("hello")],
    ] as const) {
      const other = reader(coding);
      await other.write(body);
      await other.end();
      expect(other.coded).toBeUndefined();
    }
  });

  test("inflates bare deflate, which some servers send for zlib", async () => {
    expect((await read("deflate", zlib.deflateRawSync(Buffer.from("hello hello")))).toString()).toBe("hello hello");
    expect(await read("deflate", zlib.deflateRawSync(noise))).toEqual(noise);
  });

  test("undoes layers in the reverse of the order they were put on", async () => {
    const twice = zlib.gzipSync(zlib.brotliCompressSync(Buffer.from("layers")));
    expect((await read("br, gzip", twice)).toString()).toBe("layers");
    expect((await read("BR ,, identity, GZip", twice)).toString()).toBe("layers");
    expect(await read("deflate, gzip", zlib.gzipSync(zlib.deflateRawSync(noise)))).toEqual(noise);
  });

  test("reads gzip in several members as one body (RFC 1952 §2.2)", async () => {
    const members = Buffer.concat([zlib.gzipSync("one "), zlib.gzipSync("two")]);
    expect((await read("gzip", members)).toString()).toBe("one two");
  });

  test("an empty body is empty whatever coding it claims", async () => {
    expect((await read("gzip", new Uint8Array(0))).length).toBe(0);
  });

  test.each(["gzip", "deflate", "br", "zstd"])("%s that stops short is truncated, short or long", async (coding) => {
    const pack = packers[coding] ?? ((bytes) => bytes);
    for (const body of [Buffer.from("some text ".repeat(30)), noise]) {
      await expect(read(coding, pack(body).subarray(0, -6))).rejects.toMatchObject({ code: "truncated" });
    }
  });

  test("a body of exactly the limit is read, one byte more is too large", async () => {
    const limits = { bodyBytesMax: 100_000 };
    for (const coding of ["identity", "gzip", "br", "zstd"]) {
      const pack = packers[coding] ?? ((bytes) => bytes);
      expect((await read(coding, pack(Buffer.alloc(100_000)), limits)).length).toBe(100_000);
      await expect(read(coding, pack(Buffer.alloc(100_001)), limits)).rejects.toMatchObject({ code: "too_large" });
    }
  });

  test("a layer in between that multiplies is cut although the last one yields little", async () => {
    const middle = zlib.gzipSync(Buffer.concat([zlib.gzipSync("end"), Buffer.alloc(3 * MIB)]));
    await expect(read("gzip, gzip", middle, { bodyBytesMax: 2 * MIB })).rejects.toMatchObject({ code: "too_large" });
  });

  test("a hundred thousand pieces of one byte are one body", async () => {
    const bytes = noise.subarray(0, 100_000);
    expect(await read(undefined, bytes, { pieceBytes: 1 })).toEqual(bytes);
  });

  test("unknown codings and too many layers are refused before a byte is read", () => {
    expect(() => reader("compress")).toThrow(CodingError);
    expect(() => reader("gzip, gzip, gzip, gzip, gzip")).toThrow(CodingError);
    expect(() => reader("constructor")).toThrow(CodingError);
  });

  test("few bodies grow large at once; the next goes on when one is done or given up", async () => {
    const turns = createBodyTurns();
    const piece = Buffer.alloc(MIB + 1);
    const readers = Array.from({ length: 5 }, () => reader(undefined, { turns }));
    const going: number[] = [];
    readers.forEach((body, index) => void body.write(piece)?.then(() => going.push(index)));
    await settled();
    expect(going).toEqual([0, 1, 2]);
    await readers[1]?.end();
    await settled();
    expect(going).toEqual([0, 1, 2, 3]);
    // One that waits and is given up must not keep the place it is granted later.
    readers[4]?.cancel();
    readers[0]?.cancel();
    const later = reader(undefined, { turns });
    let isGoing = false;
    void later.write(piece)?.then(() => (isGoing = true));
    await settled();
    expect(isGoing).toBe(true);
  });

  test("a large body that is held keeps its turn until it is released", async () => {
    const turns = createBodyTurns();
    const holders = Array.from({ length: 3 }, () => reader(undefined, { turns }));
    for (const holder of holders) {
      await holder.write(Buffer.alloc(MIB + 1));
      await holder.end({ hold: true });
    }
    let isGoing = false;
    void reader(undefined, { turns })
      .write(Buffer.alloc(MIB + 1))
      ?.then(() => (isGoing = true));
    await settled();
    expect(isGoing).toBe(false);
    holders[1]?.release();
    holders[1]?.release();
    await settled();
    expect(isGoing).toBe(true);
  });

  test("a coded body waits for its turn as well before it grows", async () => {
    const turns = createBodyTurns();
    const holders = Array.from({ length: 3 }, () => reader(undefined, { turns }));
    for (const holder of holders) await holder.write(Buffer.alloc(MIB + 1));
    const bomb = reader("gzip", { turns, bodyBytesMax: 64 * MIB });
    let isDone = false;
    await bomb.write(zlib.gzipSync(Buffer.alloc(32 * MIB)));
    const end = bomb.end().then((body) => {
      isDone = true;
      return body.length;
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    expect(bomb.decodedBytes).toBeLessThan(2 * MIB);
    holders[0]?.cancel();
    expect(await end).toBe(32 * MIB);
  });
});

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
