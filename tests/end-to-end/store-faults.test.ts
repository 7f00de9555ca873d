import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGrowingOrigin } from "../soak/growing-origin.ts";
import { ReaderLedger } from "../soak/ledger.ts";
import { startPostgres } from "../support/postgres.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const SOURCES = 3;
const MINUTES = 120_000;

/** A service that takes stories in from an origin that never rests, and what a reader saw of it. */
class Scene {
  readonly stack = new AsyncDisposableStack();
  readonly ledger = new ReaderLedger();
  readonly workplace: Workplace;
  readonly service: Service;
  readonly visits: () => number;

  private constructor(workplace: Workplace, service: Service, visits: () => number) {
    this.workplace = workplace;
    this.service = service;
    this.visits = visits;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Scene> {
    const origin = await startGrowingOrigin(SOURCES);
    const workplace = createWorkplace(
      {
        "config/storywire.yaml": "polling: { minimum: 1s, perHost: { inFlight: 10, perSecond: 1000 } }",
        "config/sources/all.yaml": origin.ids
          .map((id) => `- { id: ${id}, url: "${origin.urlOf(id)}", every: 1s }`)
          .join("\n"),
        "feeds/all.yaml": "title: All\nlimit: 10000",
      },
      env,
    );
    const scene = new Scene(workplace, await workplace.serve(), () => origin.visits);
    scene.stack.use(origin);
    scene.stack.use(workplace);
    await scene.service.until(async () => (await scene.read()) > 0);
    return scene;
  }

  /** Entries of the feed now; what was there before has to be there still. */
  async read(): Promise<number> {
    const answer = await this.service.get("/feeds/all.json");
    if (answer.status !== 200) return 0;
    // The cast holds: it is our own document.
    const feed = (await answer.json()) as Parameters<ReaderLedger["read"]>[0];
    this.ledger.read(feed);
    return feed.items.length;
  }

  async databaseHealth(): Promise<unknown> {
    return ((await (await this.service.get("/healthz")).json()) as { database?: unknown }).database;
  }

  /** The fault shows in the health, the feed stands; then the cause goes and new stories come without a restart. */
  async outlives(code: RegExp, cause: { readonly begin: () => unknown; readonly end: () => unknown }): Promise<void> {
    const before = await this.read();
    await cause.begin();
    await this.service.until(async () => code.test(String(await this.databaseHealth())));
    expect(await this.read()).toBeGreaterThanOrEqual(before);
    const shown = this.ledger.shown.size;
    await cause.end();
    await this.service.until(async () => (await this.read()) > shown);
    await this.service.until(async () => (await this.databaseHealth()) === "ok");
    expect(this.ledger.broken).toEqual([]);
    expect(await this.service.end("SIGTERM")).toBe(0);
  }
}

describe("a database that fails under a running service", () => {
  let scene: Scene;
  afterEach(() => scene.stack.disposeAsync());

  it(
    "locked by another program: feeds stand, and polling goes on when it is free",
    async () => {
      scene = await Scene.start();
      const other = new Sqlite(join(scene.workplace.folder, "data/storywire.db"));
      await scene.outlives(/^locked$/, {
        begin: () => other.exec("begin immediate"),
        end: () => {
          other.exec("rollback");
          other.close();
        },
      });
    },
    MINUTES,
  );

  it(
    "a Postgres server that goes away and comes back: feeds stand, and polling goes on",
    async () => {
      await using postgres = await startPostgres();
      scene = await Scene.start({ STORYWIRE_DATABASE_URL: await postgres.createDatabase() });
      await scene.outlives(/^(unavailable|store_failed)$/, {
        begin: () => postgres.crash(),
        end: () => postgres.start(),
      });
    },
    MINUTES,
  );

  const canMount = process.getuid?.() === 0 && process.platform === "linux";
  it.skipIf(!canMount)(
    "a full disk (skipped unless run as root, who may mount a small one): feeds stand, and polling goes on with new space",
    async () => {
      const disk = mkdtempSync(join(tmpdir(), "storywire-disk-"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "none", disk]);
      try {
        scene = await Scene.start({ STORYWIRE_DATA: disk });
        const filler = join(disk, "filler");
        await scene.outlives(/^disk_full$|^io_error$/, { begin: () => fill(filler), end: () => rmSync(filler) });
      } finally {
        await scene.stack.disposeAsync();
        execFileSync("umount", ["-l", disk]);
        rmSync(disk, { recursive: true });
      }
    },
    MINUTES,
  );
});

/** Takes all the space that is left. */
function fill(file: string): void {
  const handle = openSync(file, "w");
  for (let size = 65_536; size >= 1; ) {
    try {
      writeSync(handle, Buffer.alloc(size));
    } catch {
      size = Math.floor(size / 4);
    }
  }
  // An open file would keep its space after its end.
  closeSync(handle);
}

describe("a database that cannot be used", () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = createWorkplace({
      "config/sources/town.yaml": '- { id: town, url: "file:town.xml", every: 1h }',
      "feeds/top.yaml": "title: Top",
      "town.xml": `<rss version="2.0"><channel><title>Town</title>${Array.from({ length: 50 }, (_, index) => `<item><guid>story-${index}</guid><title>Story ${index}</title><description>${"much was said ".repeat(50)}</description></item>`).join("")}</channel></rss>`,
    });
    await workplace.run(["poll"]);
  });
  afterEach(() => workplace[Symbol.dispose]());
  const file = () => join(workplace.folder, "data/storywire.db");

  it.each(["serve", "poll"])(
    "%s refuses a damaged file with a clear error, and leaves it as it is",
    async (command) => {
      const bytes = readFileSync(file());
      bytes.fill(0x5a, 16_384, bytes.length - 8_192);
      writeFileSync(file(), bytes);
      const answer = await workplace.run([command]);
      expect(answer.code).toBe(1);
      expect(answer.stderr).toMatch(/^storywire: corrupt: .*damaged|malformed/);
      expect(readFileSync(file()).equals(bytes)).toBe(true);
    },
  );

  it("serve refuses a file that is no database", async () => {
    const text = "this is no database\n".repeat(1_000);
    writeFileSync(file(), text);
    expect((await workplace.run(["serve"])).stderr).toContain("storywire: corrupt:");
    expect(readFileSync(file(), "utf8")).toBe(text);
  });

  it("serve refuses a file that was cut off", async () => {
    const bytes = readFileSync(file());
    writeFileSync(file(), bytes.subarray(0, 20_000));
    expect((await workplace.run(["serve"])).stderr).toContain("storywire: corrupt:");
  });

  it("a schema from the future is refused", async () => {
    const database = new Sqlite(file());
    database.exec("insert into schema_migrations (number, name) values (9999, 'later')");
    database.close();
    const answer = await workplace.run(["serve"]);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain("storywire: newer_schema:");
  });

  it("a Postgres server that is not there is told", async () => {
    workplace.write({ "config/storywire.yaml": 'database: "postgres://storywire:secret@127.0.0.1:1/none"' });
    const answer = await workplace.run(["poll"]);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain("storywire: unavailable:");
    expect(answer.stderr).not.toContain("secret");
  });
});
