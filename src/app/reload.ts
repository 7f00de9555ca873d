import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { Configuration } from "../config/settings.ts";
import { watchFolders } from "../config/watch.ts";
import { RequestError, SettingsError, type SettingsProblem } from "../errors.ts";
import { instantJson } from "../model/story-json.ts";
import { describeFiles } from "../plan/applied.ts";
import type { PlanJson } from "../plan/plan-json.ts";
import type { Surprise } from "../plan/surprises.ts";
import type { Store } from "../store/store.ts";
import type { ConfigurationQuestion } from "./questions.ts";
import { type Decision, type FilesStanding, standingOf } from "./standing.ts";

export interface ReloadParts {
  /** Folders whose files make the configuration. */
  readonly folders: readonly string[];
  readonly load: () => Promise<Configuration>;
  /** Called when files begin to change: they will be loaded soon. */
  readonly onStir?: () => void;
  /** Who runs with the configuration, in the order in which they change to another. */
  readonly runners: readonly { replace(decision: Decision): Promise<void> }[];
  readonly store: Pick<Store, "appliedConfiguration" | "appliedDigest" | "nextPolls">;
  /** A command of ours in a process of its own: its answer, or its failure as RequestError. */
  readonly run: (args: readonly string[], signal?: AbortSignal) => Promise<object>;
  readonly log: Logger;
}

/** What runs, and what of the files does not: as the API tells it. */
interface ConfigurationState {
  readonly state: "applied" | "pending" | "planning" | "bad_settings" | "needs_restart" | "internal";
  /** Of what runs. */
  readonly digest: string;
  readonly appliedAt?: string;
  readonly problems?: readonly SettingsProblem[];
  /** Settings that only a start takes over. */
  readonly settings?: readonly string[];
  readonly pending?: Pending;
}

/** A change that waits until an operator says yes. */
interface Pending {
  readonly digest: string;
  readonly since: string;
  readonly sources: readonly string[];
  readonly feeds: readonly string[];
  readonly surprises: readonly Surprise[];
}

export interface Reloading extends Disposable {
  /** Why the files are not what is running; null where they are. */
  fault(): string | null;
  answer(question: ConfigurationQuestion): Promise<unknown>;
}

/** How often it is looked whether another process accepted what the files say. */
const LOOK_MS = 400;

/** How long a poller may take to accept what it starts with. */
const ACCEPTED_MS = 10_000;

type Standing = Omit<ConfigurationState, "digest" | "appliedAt">;

/**
 * Runs what the files say from the moment they change, or SIGHUP comes: all of them or none. Files that are wrong, and
 * settings that only a start can change, leave the running configuration as it is; so does a change that its plan finds
 * surprising, until somebody applies it, here or in another process (ADR 0010).
 */
export function startReloading(started: FilesStanding, parts: ReloadParts): Reloading {
  const { folders, load, runners, store, log } = parts;
  let running = started.configuration;
  let standing: Standing = { state: started.isOpen ? "planning" : "applied" };
  let underWay: Promise<void> = Promise.resolve();
  /** Accepted last, as far as was looked. */
  let seen: string | null = started.applied?.digest ?? null;
  /** Accepted, and neither what runs nor what the files say: at the second look it is told. */
  let odd: string | undefined;
  let isEnded = false;
  /** The files as they were read last: whatever changed since is on its way. */
  let latest: Configuration | undefined;
  /** The plan that is being made, and when it is done with. */
  let planning: AbortController | undefined;
  let planned: Promise<void> = Promise.resolve();

  function refuse(told: Standing, details: object, message: string): void {
    standing = told;
    log.error({ event: "configuration", code: told.state, ...details }, `${message}; the running configuration stays`);
  }

  async function take(decision: Decision): Promise<void> {
    const { configuration: next } = decision;
    if (isDeepStrictEqual(next, running)) return;
    for (const runner of runners) await runner.replace(decision);
    running = next;
    log.level = next.settings.logLevel;
    const { sources, feeds } = next;
    log.info({ event: "configuration", sources: sources.length, feeds: feeds.length }, "the new configuration runs");
  }

  async function reload(): Promise<void> {
    await weighFiles(await load());
  }

  async function weighFiles(next: Configuration): Promise<void> {
    latest = next;
    const kept = keptUntilStart.filter((name) => !isDeepStrictEqual(next.settings[name], running.settings[name]));
    if (kept.length > 0) {
      const told = { state: "needs_restart", settings: kept } as const;
      return refuse(told, { settings: kept }, "these settings are taken over at a start only");
    }
    const found = await standingOf(next, store);
    // How sources are reached, and settings, are never held back.
    await take(found);
    planning?.abort();
    if (found.isOpen) weigh(found.digest);
    else settle();
  }

  /** A change that may surprise: its plan says whether it does. Nobody waits for it meanwhile. */
  function weigh(digest: string): void {
    if (standing.pending?.digest !== digest) standing = { state: "planning" };
    const own = new AbortController();
    planning = own;
    planned = parts.run(["plan"], own.signal).then(
      // What a command answers to "plan" is a plan.
      (plan) => inTurn(() => conclude(plan as PlanJson, own.signal)),
      (error: unknown) => inTurn(async () => (own.signal.aborted ? undefined : failed(error))),
    );
  }

  async function conclude({ digest, isSurprising, surprises }: PlanJson, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const next = await load();
    const found = await standingOf(next, store);
    // The files changed again: that change is on its way to us.
    if (found.digest !== digest) return;
    if (found.isOpen && isSurprising) return hold(found, surprises);
    await take({ configuration: next, replaces: found.applied?.digest ?? null });
    settle();
  }

  function hold({ digest, difference }: FilesStanding, surprises: readonly Surprise[]): void {
    const isTold = standing.pending?.digest === digest;
    const since = standing.pending?.digest === digest ? standing.pending.since : instantJson(Date.now());
    const pending: Pending = {
      digest,
      since,
      sources: difference.sources.map(({ id }) => id),
      feeds: difference.feeds.map(({ slug }) => slug),
      surprises,
    };
    standing = { state: "pending", pending };
    if (isTold) return;
    log.warn(
      { event: "configuration", code: "pending", ...pending },
      "the change of the files waits for `storywire apply`; the running configuration stays",
    );
  }

  function settle(): void {
    if (standing.state !== "applied") log.info({ event: "configuration" }, "what the files say is running");
    standing = { state: "applied" };
  }

  function failed(error: unknown): void {
    if (error instanceof SettingsError) {
      const { problems } = error;
      refuse({ state: "bad_settings", problems }, { problems }, `the files are wrong: ${error.message}`);
    } else refuse({ state: "internal" }, { err: error }, "the files could not be taken over");
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    underWay = underWay.then(async () => {
      if (isEnded) return;
      await work().catch(failed);
    });
    return underWay;
  }

  const changed = () => void inTurn(reload);

  /** Takes over what another process accepted, where it is what our files say. */
  async function look(): Promise<void> {
    const accepted = await store.appliedDigest();
    if (accepted === null) return;
    if (accepted !== seen) {
      seen = accepted;
      odd = undefined;
      if (accepted === describeFiles(running).digest) return;
      const next = latest !== undefined && accepted === describeFiles(latest).digest ? latest : await load();
      if (accepted === describeFiles(next).digest) await weighFiles(next);
      else odd = accepted;
    } else if (odd !== undefined) {
      // What our own poller accepted is on its way.
      if (odd !== describeFiles(running).digest)
        log.warn({ event: "configuration", accepted }, "another configuration was applied from elsewhere");
      odd = undefined;
    }
  }

  let looking = false;
  async function lookAgain(): Promise<void> {
    if (looking) return;
    looking = true;
    await inTurn(look).finally(() => {
      looking = false;
    });
  }

  async function state(): Promise<ConfigurationState> {
    const applied = await store.appliedConfiguration();
    return {
      ...standing,
      digest: describeFiles(running).digest,
      ...(applied === null ? {} : { appliedAt: instantJson(applied.at) }),
    };
  }

  async function apply(yes: boolean): Promise<object> {
    const answer = (await parts.run(["apply", ...(yes ? ["--yes"] : [])])) as { applied: boolean; plan: PlanJson };
    if (!answer.applied) throw surprising(answer.plan);
    await inTurn(look);
    return answer;
  }

  /** Resolves once what runs is accepted: the poller that starts with it does that. Not for ever: it may be down. */
  async function accepted(): Promise<void> {
    for (let waited = 0; waited < ACCEPTED_MS; waited += LOOK_MS) {
      if ((await store.appliedDigest()) === describeFiles(running).digest) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async function forget(source: string): Promise<object | null> {
    // A change of the files that is on its way comes first.
    await inTurn(async () => {});
    if (running.sources.some(({ id }) => id === source)) {
      const message = `Cannot forget ${source}: it is a source of the configuration that runs`;
      throw new RequestError(message, { code: "source_configured", status: 409, concerns: source });
    }
    await accepted();
    try {
      return await parts.run(["forget", source]);
    } catch (error) {
      if (error instanceof RequestError && error.code === "unknown_source") return null;
      throw error;
    }
  }

  const watching = watchFolders(folders, changed, parts.onStir === undefined ? {} : { onStir: parts.onStir });
  process.on("SIGHUP", changed);
  const timer = setInterval(() => void lookAgain(), LOOK_MS);
  if (started.isOpen) changed();
  return {
    fault: () => (standing.state === "applied" ? null : standing.state),
    async answer(question) {
      if (question.ask === "configuration") return state();
      if (question.ask === "plan") return parts.run(["plan"]);
      if (question.ask === "apply") return apply(question.yes);
      if (question.ask === "forget") return forget(question.source);
      await inTurn(reload);
      await planned;
      return state();
    },
    [Symbol.dispose]() {
      isEnded = true;
      planning?.abort();
      clearInterval(timer);
      watching[Symbol.dispose]();
      process.off("SIGHUP", changed);
    },
  };
}

function surprising({ surprises }: PlanJson): RequestError {
  const told = surprises.map(({ source, feed, message }) => `${source ?? feed}: ${message}`).join("; ");
  return new RequestError(`Not applied, since it surprises: ${told}`, { code: "surprising_change", status: 409 });
}

/** What connections, locks and documents at hand were made with. */
const keptUntilStart = ["service", "database", "dataDir"] as const;
