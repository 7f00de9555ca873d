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
  /** Who runs with the configuration, in the order in which they change to another. */
  readonly runners: readonly { replace(decision: Decision): Promise<void> }[];
  readonly store: Pick<Store, "appliedConfiguration" | "appliedDigest" | "nextPolls">;
  /** A command of ours in a process of its own: its answer, or its failure as RequestError. */
  readonly run: (args: readonly string[]) => Promise<object>;
  readonly log: Logger;
}

/** What runs, and what of the files does not: as the API tells it. */
export interface ConfigurationState {
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
    const next = await load();
    const kept = keptUntilStart.filter((name) => !isDeepStrictEqual(next.settings[name], running.settings[name]));
    if (kept.length > 0) {
      const told = { state: "needs_restart", settings: kept } as const;
      return refuse(told, { settings: kept }, "these settings are taken over at a start only");
    }
    const found = await standingOf(next, store);
    // How sources are reached, and settings, are never held back.
    await take(found);
    if (found.isOpen) await weigh(next, found);
    else settle();
  }

  /** A change that may surprise: its plan says whether it does. */
  async function weigh(next: Configuration, found: FilesStanding): Promise<void> {
    if (standing.pending?.digest !== found.digest) standing = { state: "planning" };
    const plan = (await parts.run(["plan"])) as PlanJson;
    // The files changed again meanwhile: that change is on its way to us.
    if (plan.digest !== found.digest) return;
    if (plan.isSurprising) return hold(found, plan.surprises);
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
      if (accepted === describeFiles(await load()).digest) await reload();
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

  async function forget(source: string): Promise<object | null> {
    if (running.sources.some(({ id }) => id === source)) {
      const message = `Cannot forget ${source}: it is a source of the configuration that runs`;
      throw new RequestError(message, { code: "source_configured", status: 409, concerns: source });
    }
    try {
      return await parts.run(["forget", source]);
    } catch (error) {
      if (error instanceof RequestError && error.code === "unknown_source") return null;
      throw error;
    }
  }

  const watching = watchFolders(folders, changed);
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
      return state();
    },
    [Symbol.dispose]() {
      isEnded = true;
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
