import { describe, expect, it } from "vitest";
import { RequestError } from "../errors.ts";
import { createDialogue, type Dialogue } from "./dialogue.ts";

interface Speech {
  readonly news: string;
  readonly question: string;
}

/** Two sides that hear each other through JSON, as processes do. */
function pair(answer: (question: string) => Promise<unknown>) {
  const heard: string[] = [];
  const sides: Dialogue<Speech, Speech>[] = [];
  const side = (other: number) =>
    createDialogue<Speech, Speech>({
      send: (message) => queueMicrotask(() => sides[other]?.hear(JSON.parse(JSON.stringify(message)))),
      onNews: (news) => void heard.push(news),
      onQuestion: answer,
    });
  sides.push(side(1), side(0));
  return { first: sides[0]!, second: sides[1]!, heard };
}

describe("a dialogue between two processes", () => {
  it("brings each answer to its own question, in both directions, whatever the order", async () => {
    const waits: Readonly<Record<string, number>> = { slow: 5, quick: 0 };
    const { first, second } = pair(async (question) => {
      for (let turn = 0; turn < (waits[question] ?? 0); turn += 1) await Promise.resolve();
      return `${question} answered`;
    });
    expect(await Promise.all([first.ask("slow"), first.ask("quick"), second.ask("slow")])).toEqual([
      "slow answered",
      "quick answered",
      "slow answered",
    ]);
  });

  it("brings news, in order", async () => {
    const { first, heard } = pair(async () => null);
    first.tell("one");
    first.tell("two");
    await first.ask("anything");
    expect(heard).toEqual(["one", "two"]);
  });

  it("tells what was refused with its code and status, and nothing of what failed otherwise", async () => {
    const { first } = pair(async (question) => {
      if (question === "refused") throw new RequestError("Not so", { code: "not_so", status: 409 });
      throw new Error("a path, a secret");
    });
    await expect(first.ask("refused")).rejects.toMatchObject({ message: "Not so", code: "not_so", status: 409 });
    await expect(first.ask("broken")).rejects.toMatchObject({ message: "Something failed here", code: "internal" });
  });

  it("fails what was asked of a side that ended, and what is asked of it then", async () => {
    const { first } = pair(() => new Promise(() => {}));
    const asked = first.ask("anything");
    first.end();
    await expect(asked).rejects.toMatchObject({ code: "process_ended", status: 503 });
    await expect(first.ask("more")).rejects.toMatchObject({ code: "process_ended" });
  });
});
