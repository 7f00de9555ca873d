import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, cp, mkdir, mkdtemp, readFile, rm, stat, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const top = join(import.meta.dirname, "..");
const dockerfile = await readFile(join(top, "Dockerfile"), "utf8");
const stages = dockerfile.split(/^(?=FROM )/m).filter((stage) => stage.startsWith("FROM "));
const image = stages.at(-1) ?? "";

/** The arguments of an instruction wherever it stands: `argumentsOf("USER", image)` → `["node"]`. */
function argumentsOf(instruction: string, text: string): string[] {
  return [...text.matchAll(new RegExp(`^${instruction} (.*)$`, "gm"))].map((match) => match[1] ?? "");
}

/** What a stage copies out of the project: the paths, and where they go. */
function copiesOf(stage: string): { readonly paths: readonly string[]; readonly target: string }[] {
  return argumentsOf("COPY", stage)
    .filter((text) => !text.startsWith("--from"))
    .map((text) => text.split(/\s+/))
    .map((words) => ({ paths: words.slice(0, -1), target: words.at(-1) ?? "" }));
}

/** A command in its JSON form, without its first word: what node is called with. */
function nodeArguments(json: string | undefined): string[] {
  const [program, ...args] = z.array(z.string()).parse(JSON.parse(json ?? "null"));
  expect(program).toBe("node");
  return args;
}

const serve = () => nodeArguments(argumentsOf("CMD", image)[0]);
const healthCheck = () => nodeArguments(/HEALTHCHECK .*? CMD (.*)/.exec(image)?.[1]);

test("every path that is copied exists and is let through by .dockerignore", async () => {
  const ignore = (await readFile(join(top, ".dockerignore"), "utf8")).split("\n");
  const paths = stages.flatMap(copiesOf).flatMap((copy) => copy.paths);
  expect(ignore).toContain("*");
  expect(paths).toContain("src");
  for (const path of paths) {
    await access(join(top, path));
    expect(ignore).toContain(`!${path}`);
  }
});

test("the image runs Node 24 without development packages, not as root, with one volume for data", () => {
  for (const stage of stages) expect(stage).toMatch(/^FROM node:24[.-]/);
  expect(dockerfile).toMatch(/npm ci .*--omit=dev/);
  expect(argumentsOf("USER", image)).toEqual(["node"]);
  expect(argumentsOf("VOLUME", image)).toEqual(["/data"]);
  expect(argumentsOf("ENV", image).join(" ")).toContain("STORYWIRE_DATA=/data");
});

describe("the service in a folder that holds only what the image holds", () => {
  test("starts with the image's command, passes its health check and stops on SIGTERM", async ({ skip }) => {
    const main = await stat(join(top, "src/main.ts"));
    skip(main.size === 0, "src/main.ts cannot serve yet");
    const folder = await imageFolder();
    const port = await freePort();
    const service = start(serve(), folder, port);
    const log = await logUntil(service, `127.0.0.1:${port}`);
    expect(log, "the log names the address it listens on").toContain(`127.0.0.1:${port}`);

    const health = start(healthCheck(), folder, port);
    expect(await once(health, "exit")).toEqual([0, null]);

    service.kill("SIGTERM");
    expect(await once(service, "exit")).toEqual([0, null]);
  }, 60_000);

  test("the health check fails where nothing answers", async () => {
    const health = start(healthCheck(), top, await freePort());
    expect(await once(health, "exit")).toEqual([1, null]);
  });
});

/** A folder with what the last stage copies, and links to the production packages only. */
async function imageFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "storywire-image-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const { paths, target } of copiesOf(image)) {
    for (const path of paths) {
      const to = target.endsWith("/") ? join(folder, target, path) : join(folder, target);
      await cp(join(top, path), to, { recursive: true, filter: (file) => !file.endsWith(".test.ts") });
    }
  }
  for (const path of await productionPackages()) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(top, path), join(folder, path));
  }
  return folder;
}

async function productionPackages(): Promise<string[]> {
  const lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });
  const { packages } = lock.parse(JSON.parse(await readFile(join(top, "package-lock.json"), "utf8")));
  return Object.entries(packages)
    .filter(([path, { dev }]) => dev !== true && /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path))
    .map(([path]) => path);
}

function start(args: readonly string[], cwd: string, port: number): ChildProcess {
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: "production",
    STORYWIRE_LISTEN: `127.0.0.1:${port}`,
    STORYWIRE_DATA: join(cwd, "data"),
  };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** What a process has written when `text` stands in it, or when it ended. */
async function logUntil(child: ChildProcess, text: string): Promise<string> {
  let log = "";
  return new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes(text)) resolve(log);
      });
    }
    child.on("close", () => resolve(log));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
