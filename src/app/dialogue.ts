import { RequestError, StorywireError } from "../errors.ts";

/** What goes over the channel between two processes of ours: news, and numbered questions with their answers. */
export type DialogueMessage<News, Question> =
  | { readonly news: News }
  | { readonly asked: number; readonly question: Question }
  | { readonly answered: number; readonly value?: unknown; readonly error?: ToldError };

interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

/** One side of such a channel. `Said` is what this side says, `Heard` what it hears. */
export interface Dialogue<Said extends Speech, Heard extends Speech> {
  tell(news: Said["news"]): void;
  /** Rejects with a RequestError: what the other side threw, or `process_ended`. */
  ask(question: Said["question"]): Promise<unknown>;
  hear(message: DialogueMessage<Heard["news"], Heard["question"]>): void;
  /** The other side is gone: whatever was asked fails. */
  end(): void;
}

interface Speech {
  readonly news: unknown;
  readonly question: unknown;
}

interface DialogueParts<Said extends Speech, Heard extends Speech> {
  readonly send: (message: DialogueMessage<Said["news"], Said["question"]>) => void;
  readonly onNews: (news: Heard["news"]) => void;
  readonly onQuestion: (question: Heard["question"]) => Promise<unknown>;
}

export function createDialogue<Said extends Speech, Heard extends Speech>(
  parts: DialogueParts<Said, Heard>,
): Dialogue<Said, Heard> {
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }
  >();
  let asked = 0;
  let isEnded = false;

  async function answer(number: number, question: Heard["question"]): Promise<void> {
    const told = await parts.onQuestion(question).then(
      (value) => ({ value }),
      (error: unknown) => ({ error: toldError(error) }),
    );
    if (!isEnded) parts.send({ answered: number, ...told });
  }

  return {
    tell: (news) => parts.send({ news }),
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (isEnded) return reject(ended());
        asked += 1;
        waiting.set(asked, { resolve, reject });
        parts.send({ asked, question });
      }),
    hear(message) {
      if ("news" in message) return parts.onNews(message.news);
      if ("asked" in message) return void answer(message.asked, message.question);
      const one = waiting.get(message.answered);
      waiting.delete(message.answered);
      if (message.error === undefined) one?.resolve(message.value);
      else one?.reject(new RequestError(message.error.message, message.error));
    },
    end() {
      isEnded = true;
      for (const { reject } of waiting.values()) reject(ended());
      waiting.clear();
    },
  };
}

function toldError(error: unknown): ToldError {
  if (!(error instanceof StorywireError)) return { code: "internal", message: "Something failed here", status: 503 };
  return { code: error.code, message: error.message, status: error instanceof RequestError ? error.status : 503 };
}

function ended(): RequestError {
  return new RequestError("The process that was asked has ended", { code: "process_ended", status: 503 });
}
