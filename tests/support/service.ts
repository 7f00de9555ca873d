import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(import.meta.dirname, "../../src/main.ts");

/** A folder with a configuration, and the program run in it as its operator would. */
export interface Workplace extends Disposable {
  readonly folder: string;
  write(files: Readonly<Record<string, string>>): void;
  run(
    args: readonly string[],
    input?: string,
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  serve(args?: readonly string[]): Promise<Service>;
}

export interface Service {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly child: ChildProcess;
  readonly log: readonly string[];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Resolves once `/readyz` answers 200. */
  ready(): Promise<void>;
  /** Resolves once `test` answers true; fails with the log after 30 s. */
  until(test: () => Promise<boolean>): Promise<void>;
  /** Ends the process and answers its exit code (null after SIGKILL). */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** `env` stands over a clean environment: no STORYWIRE_ variable of the caller's is seen. */
export function createWorkplace(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Workplace {
  const workplace = createEmptyWorkplace(env);
  workplace.write({ "config/sources/.keep": "", "feeds/.keep": "", ...files });
  return workplace;
}

/** The same without any file. */
export function createEmptyWorkplace(env: Readonly<Record<string, string>> = {}): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "storywire-test-"));
  const services: ChildProcess[] = [];
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("STORYWIRE_") && name !== "PORT"),
  );
  const environment = {
    ...inherited,
    STORYWIRE_ALLOW_ADDRESSES: "127.0.0.0/8",
    STORYWIRE_LISTEN: "127.0.0.1:0",
    ...env,
  };
  const workplace: Workplace = {
    folder,
    write(contents) {
      for (const [name, content] of Object.entries(contents)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
    },
    run: (args, input) =>
      new Promise((resolve) => {
        const child = execFile(
          process.execPath,
          [MAIN, ...args],
          { cwd: folder, env: environment, maxBuffer: 64 * 1024 * 1024 },
          (error, stdout, stderr) => {
            resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
          },
        );
        child.stdin?.end(input ?? "");
      }),
    async serve(args = []) {
      const child = spawn(process.execPath, [MAIN, "serve", ...args], {
        cwd: folder,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      services.push(child);
      return startedService(child);
    },
    [Symbol.dispose]() {
      for (const child of services) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return workplace;
}

function startedService(child: ChildProcess): Promise<Service> {
  const log: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return new Promise((resolve, reject) => {
    const listen = (stream: NodeJS.ReadableStream | null) => {
      if (stream === null) return;
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        const address = /"event":"listening","address":"([^"]+)"/.exec(line)?.[1];
        if (address !== undefined) resolve(serviceAt(address, { child, log, exited }));
      });
    };
    listen(child.stdout);
    listen(child.stderr);
    void exited.then((code) =>
      reject(new Error(`the service ended with ${code} before it listened:\n${log.join("\n")}`)),
    );
  });
}

function serviceAt(
  origin: string,
  {
    child,
    log,
    exited,
  }: { readonly child: ChildProcess; readonly log: readonly string[]; readonly exited: Promise<number | null> },
): Service {
  const service: Service = {
    origin,
    child,
    log,
    get: (path, headers = {}) => fetch(`${origin}${path}`, { headers, redirect: "manual" }),
    ready: () => service.until(async () => (await service.get("/readyz")).status === 200),
    async until(test) {
      const end = performance.now() + 30_000;
      while (!(await test())) {
        if (performance.now() > end) throw new Error(`waited in vain:\n${log.slice(-30).join("\n")}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
  return service;
}
