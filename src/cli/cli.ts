import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { SettingsError, StoreError, StorywireError } from "../errors.ts";
import { isTimeZone } from "../model/zone.ts";
import { VERSION } from "../version.ts";
import { examplesText } from "./examples.ts";
import type { ExitCode } from "./options.ts";

/** Reads the command line and runs one command; every failure ends in one message on stderr and an exit code. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  endQuietlyWithReader();
  let exitCode: ExitCode = 0;
  const done = (code: ExitCode) => {
    exitCode = code;
  };
  const program = createProgram(done);
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    const json = argv.includes("--json");
    if (error instanceof CommanderError) {
      // Commander has told people already.
      if (error.exitCode !== 0 && json) reportJson("bad_usage", error.message);
      return error.exitCode === 0 ? 0 : 2;
    }
    report(error, json);
    return error instanceof SettingsError ? 2 : 1;
  }
}

/** Whoever reads our answer may stop (`| head`): that is no failure, and nothing to tell. */
function endQuietlyWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      if (stream === process.stdout) process.stderr.write(`storywire: Cannot write the answer: ${error.message}\n`);
      process.exit(1);
    });
}

function report(error: unknown, json: boolean): void {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    reportJson(code, message, error instanceof SettingsError ? { problems: error.problems } : {});
    return;
  }
  // What is no error of ours, nor of the system, is a fault of this program: where it happened helps whoever mends it.
  const told = code !== "internal" || !(error instanceof Error) ? message : error.stack;
  const head = code === "internal" ? "" : `${code}: `;
  const hint = HINTS[code] ?? SYSTEM_HINTS[systemCodeOf(error)];
  process.stderr.write(`storywire: ${head}${told}${concernsOf(error)}${hint === undefined ? "" : `\n  ${hint}`}\n`);
}

/** What to do about it, where that is not plain from the message. */
const HINTS: Readonly<Record<string, string>> = {
  missing: "storywire serve, or storywire poll, makes the database; storywire restore brings back a backup",
  older_schema: "storywire serve, or storywire poll, brings it up to date, after a copy of it",
  corrupt: "nothing was changed: put a backup in its place with storywire restore FILE",
  already_running: "that one may be asked over its API; stop it first where the data itself is replaced",
};

const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there: service.listen, STORYWIRE_LISTEN or PORT names another address",
  EADDRNOTAVAIL: "this machine has no such address: see service.listen and STORYWIRE_LISTEN",
  EACCES: "this user may not do that: see who owns the file or folder; ports below 1024 need a privilege",
  EROFS: "the file system takes no writes: STORYWIRE_DATA names another data folder",
  ENOSPC: "the disk is full",
};

function codeOf(error: unknown): string {
  if (error instanceof StorywireError) return error.code;
  return systemCodeOf(error) === "" ? "internal" : "system_failed";
}

/** The name that the operating system gives to its refusal; empty where it did not refuse. */
function systemCodeOf(error: unknown): string {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : "";
}

/** What the error is about, where its message does not say so. */
function concernsOf(error: unknown): string {
  if (!(error instanceof StoreError) || error.concerns === undefined || error.message.includes(error.concerns))
    return "";
  return ` (${error.concerns})`;
}

function reportJson(code: string, message: string, details: object = {}): void {
  process.stdout.write(`${JSON.stringify({ error: { code, message, ...details } })}\n`);
}

/** @internal Tests use it by itself. */
export function createProgram(done: (code: ExitCode) => void): Command {
  const program = new Command("storywire")
    .description("Self-hosted syndication: visits news pages and feeds, publishes RSS, Atom and JSON Feed")
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError("(storywire help COMMAND tells more)");

  withPlaces(program.command("serve").description("visit sources and serve feeds, until stopped"))
    .addOption(new Option("--role <role>", "which part to run").choices(["all", "web", "poller"]).default("all"))
    .addOption(new Option("--web-workers <number>", "processes that answer requests").argParser(wholeNumber(1, 64)))
    .addOption(new Option("--supervised").hideHelp())
    .action(async (options) => {
      const { serve } = await import("./serve.ts");
      done(await serve(options));
    });

  withPlaces(program.command("poll").description("visit sources once: those that are due, or the named ones"))
    .argument("[source...]", "source ids")
    .option("--all", "every source, due or not")
    .action(async (sources, options) => {
      const { poll } = await import("./poll.ts");
      done(await poll(sources, options));
    });

  program
    .command("extract")
    .description("show what would come out of documents, as JSON")
    .argument("[document...]", "files or URLs")
    .addOption(
      new Option("--kind <kind>", "how to read them").choices(["auto", "feed", "page", "listing"]).default("auto"),
    )
    .option("--document-url <url>", "the address they were saved from: base of links", absoluteUrl)
    .option("--captured-at <instant>", "the moment relative dates count from (RFC 3339)", instant)
    .option("--content-type <type>", "media type of the documents")
    .option("--heading <text>", "heading of the listing block to take")
    .addOption(new Option("--time-zone <zone>", "zone of days and zoneless times").default("UTC").argParser(timeZone))
    .option("--jsonl", "read one JSON request a line from stdin, answer one a line")
    .option("--json", "as JSON (always)")
    .exitOverride()
    .action(async (documents, options) => {
      const { extract, extractLines } = await import("./extract.ts");
      done(options.jsonl ? await extractLines(options) : await extract(documents, options));
    });

  withPlaces(program.command("check").description("judge the configuration, or with --feed a document"))
    .option("--feed <document>", "a feed's file or URL, judged by the rules our own documents pass")
    .action(async (options) => {
      const { check } = await import("./check.ts");
      done(await check(options));
    });

  program
    .command("init")
    .description("write a first, annotated configuration; overwrites nothing")
    .argument("[folder]", "where config/ and feeds/ go", ".")
    .option("--url <url>", "an address to begin with; may be given several times", absoluteUrls, [])
    .option("--json", "answer as JSON")
    .exitOverride()
    .action(async (folder, options) => {
      const { init } = await import("./init.ts");
      done(init(folder, options));
    });

  withPlaces(program.command("import").description("write the subscriptions of an OPML file as sources"))
    .addArgument(new Argument("<format>").choices(["opml"]))
    .argument("<file>")
    .action(async (_format, file, options) => {
      const { importOpml } = await import("./import.ts");
      done(await importOpml(file, options));
    });

  withPlaces(program.command("export").description("print the sources as OPML, or every story as a line of JSON"))
    .addArgument(new Argument("<what>").choices(["opml", "stories"]))
    .action(async (what, options) => {
      const { exportOpml, exportStories } = await import("./export.ts");
      done(await (what === "opml" ? exportOpml(options) : exportStories(options)));
    });

  program
    .command("schema")
    .description("print the JSON Schema of the configuration files, for editors")
    .addArgument(
      new Argument("[name]", "one kind of file (default: all, by name)").choices(["storywire", "source", "feed"]),
    )
    .option("--json", "as JSON (always)")
    .exitOverride()
    .action(async (name) => {
      const { schema } = await import("./schema.ts");
      done(schema(name));
    });

  withPlaces(
    program.command("plan").description("what the files would change of what is applied; changes nothing"),
  ).action(async (options) => {
    const { plan } = await import("./plan.ts");
    done(await plan(options));
  });

  withPlaces(program.command("apply").description("put in force what the files say"))
    .option("--yes", "also where it surprises: see storywire plan")
    .action(async (options) => {
      const { apply } = await import("./apply.ts");
      done(await apply(options));
    });

  withPlaces(program.command("forget").description("remove a source that the files hold no more, with its stories"))
    .argument("<source>", "its id")
    .action(async (id, options) => {
      const { forget } = await import("./forget.ts");
      done(await forget(id, options));
    });

  withPlaces(
    program.command("status").description("the service at a glance: sources, visits, newest stories, disk use"),
  )
    .option("--all", "tell every source, however many there are")
    .action(async (options) => {
      const { status } = await import("./status.ts");
      done(await status(options));
    });

  withPlaces(program.command("explain").description("why a story is what it is, or why an address yielded none"))
    .argument("<story>", "a story's id or URN, an address, or a publisher's guid")
    .action(async (name, options) => {
      const { explain } = await import("./explain.ts");
      done(await explain(name, options));
    });

  withPlaces(program.command("token").description("the addresses of a feed with access: token, the one in force first"))
    .argument("<feed>", "the feed's slug")
    .option("--rotate", "put a new token in force; the one before it stays valid")
    .option("--end-overlap", "leave only the token in force valid")
    .action(async (name, options) => {
      const { token } = await import("./token.ts");
      done(await token(name, options));
    });

  withPlaces(program.command("backup").description("copy the database to a new file while the service runs"))
    .argument("<file>")
    .action(async (file, options) => {
      const { backup } = await import("./backup.ts");
      done(await backup(file, options));
    });

  withPlaces(program.command("restore").description("put a backup in the place of the database; no service may run"))
    .argument("<file>")
    .action(async (file, options) => {
      const { restore } = await import("./restore.ts");
      done(await restore(file, options));
    });

  withPlaces(program.command("migrate").description("copy a SQLite database to an empty Postgres one"))
    .requiredOption("--to <url>", "postgres://user:password@host/database")
    .action(async (options) => {
      const { migrate } = await import("./migrate.ts");
      done(await migrate(options));
    });

  program
    .command("completion")
    .description("print the script with which a shell completes commands and options")
    .addArgument(new Argument("<shell>").choices(shells))
    .option("--json", "answer as JSON")
    .exitOverride()
    .action(async (shell, options) => {
      const { completion } = await import("./completion.ts");
      done(completion(shell, program, options));
    });

  for (const command of program.commands) command.addHelpText("after", () => examplesText(command.name()));
  return program;
}

const shells = ["bash", "zsh", "fish"] as const;

function withPlaces(command: Command): Command {
  return command
    .option("--config <folder>", "folder of storywire.yaml and sources/ (default: config)")
    .option("--feeds <folder>", "folder of the feeds' files (default: feeds)")
    .option("--json", "answer as JSON")
    .exitOverride();
}

function absoluteUrl(text: string): string {
  if (!URL.canParse(text)) throw new InvalidArgumentError("wanted: an absolute URL");
  return new URL(text).href;
}

function absoluteUrls(text: string, before: readonly string[]): readonly string[] {
  return [...before, absoluteUrl(text)];
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`wanted: a whole number, ${min} to ${max}`);
  };
}

function timeZone(text: string): string {
  if (isTimeZone(text)) return text;
  throw new InvalidArgumentError("wanted: an IANA time zone such as Europe/Vienna");
}

function instant(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at) || !/^\d{4}-\d\d-\d\d/.test(text))
    throw new InvalidArgumentError("wanted: an RFC 3339 instant such as 2025-10-17T12:00:00Z");
  return at;
}
