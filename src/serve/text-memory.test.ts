import { expect, test } from "vitest";
import { prepareText, type Text } from "./text-answer.ts";
import { createTextMemory } from "./text-memory.ts";

function counting(): { make: () => Promise<Text>; made: () => number } {
  let count = 0;
  return { make: () => prepareText(`text ${++count}`, "text/plain"), made: () => count };
}

test("a crowd that asks at once gets one text, made once", async () => {
  const memory = createTextMemory(1000, () => 0);
  const { make, made } = counting();
  const texts = await Promise.all(Array.from({ length: 100 }, () => memory.recall("a", make)));
  expect([new Set(texts).size, made()]).toEqual([1, 1]);
});

test("a text is made again when its moment is over", async () => {
  let now = 0;
  const memory = createTextMemory(1000, () => now);
  const { make, made } = counting();
  for (now of [0, 999, 1000, 1500, 2000]) await memory.recall("a", make);
  expect(made()).toBe(3);
});

test("a failure is told to all who asked and then forgotten", async () => {
  const memory = createTextMemory(1000, () => 0);
  const { make } = counting();
  const failing = () => Promise.reject(new Error("no"));
  const answers = await Promise.allSettled([memory.recall("a", failing), memory.recall("a", make)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await memory.recall("a", make)).identity.toString()).toBe("text 1");
});

test("many addresses push each other out instead of piling up", async () => {
  const memory = createTextMemory(1000, () => 0);
  const { make, made } = counting();
  for (let key = 0; key < 1000; key += 1) await memory.recall(String(key), make);
  await memory.recall("999", make);
  expect(made()).toBe(1000);
  await memory.recall("0", make);
  expect(made()).toBe(1001);
});
