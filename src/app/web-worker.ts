import type { Logger } from "pino";
import { RequestError } from "../errors.ts";
import { createDialogue, type DialogueMessage } from "./dialogue.ts";
import { type PreparedSite, runWeb, type Web, type WebOptions } from "./web.ts";
import type { PoolSpeech, SharedState, WorkerSpeech } from "./web-pool.ts";

type Start = Extract<PoolSpeech["question"], { readonly ask: "start" }>["start"];

/** How often it is looked at whether this process is ready. */
const READY_MS = 200;

/** One of several processes that serve (web-pool.ts): speaks with the first over the channel it was started with. */
export interface WebWorker extends AsyncDisposable {
  hear(message: unknown): void;
}

/** Waits to be told what to serve. `createLog` makes the log of a process with this number at the configured level. */
export function createWebWorker(
  send: (message: DialogueMessage<WorkerSpeech["news"], WorkerSpeech["question"]>) => void,
  createLog: (start: Start) => Logger,
): WebWorker {
  let web: Web | undefined;
  let state: SharedState = { configurationFault: null, allReady: false };
  let prepared: PreparedSite | undefined;
  let toldReady: boolean | undefined;

  const dialogue = createDialogue<WorkerSpeech, PoolSpeech>({
    send,
    onNews(news) {
      if ("state" in news) state = news.state;
      else void web?.refresh();
    },
    async onQuestion(question) {
      if (question.ask === "start") return begin(question.start);
      if (question.ask === "alive") return null;
      if (web === undefined) throw notStarted();
      if (question.ask === "metrics") return web.collectMetrics();
      if (question.ask === "prepare") {
        await prepared?.[Symbol.asyncDispose]();
        prepared = await web.prepare(question.configuration);
        return null;
      }
      const next = prepared;
      prepared = undefined;
      if (question.ask === "forget") await next?.[Symbol.asyncDispose]();
      else await next?.install();
      return next !== undefined;
    },
  });

  async function begin(start: Start): Promise<Web["address"]> {
    state = start.state;
    const log = createLog(start);
    try {
      web = await runWeb(start.configuration, log, sharedOptions(start));
      return web.address;
    } catch (error) {
      log.error({ event: "web", worker: start.number, err: error }, "this process cannot serve");
      throw error;
    }
  }

  function sharedOptions({ state: { poller }, startedAt, listen }: Start): WebOptions {
    return {
      startedAt,
      listen,
      configurationFault: () => state.configurationFault,
      othersReady: () => state.allReady,
      // The first process answers with the text of all.
      gatherMetrics: async () => String(await dialogue.ask({ ask: "all-metrics" })),
      ...(poller === undefined
        ? {}
        : {
            poller: {
              alive: () => state.poller?.isAlive ?? false,
              storeFault: () => state.poller?.storeFault ?? null,
              ask: (question) => dialogue.ask({ ask: "poller", question }),
            },
          }),
    };
  }

  const timer = setInterval(() => {
    const ready = web?.isReady() ?? false;
    if (ready !== toldReady) dialogue.tell({ ready });
    toldReady = ready;
  }, READY_MS);

  return {
    // Only the process that started this one speaks on the channel.
    hear: (message) => dialogue.hear(message as DialogueMessage<PoolSpeech["news"], PoolSpeech["question"]>),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await prepared?.[Symbol.asyncDispose]();
      await web?.[Symbol.asyncDispose]();
      dialogue.end();
    },
  };
}

function notStarted(): RequestError {
  return new RequestError("This process does not serve yet", { code: "process_ended", status: 503 });
}
