import { expect, test } from "vitest";
import { PieceBudget } from "./piece-budget.ts";

/** Takes all that one turn of the event loop has. */
function spend(budget: PieceBudget): number {
  let taken = 0;
  for (; !budget.isSpent; taken += 1) budget.take();
  return taken;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a turn of the loop takes thousands of pieces, not tens of thousands; the next one takes as many", async () => {
  const budget = new PieceBudget();
  const taken = spend(budget);
  expect(taken).toBeGreaterThan(1_000);
  expect(taken).toBeLessThan(10_000);
  await nextTurn();
  expect(spend(budget)).toBe(taken);
});

test("who waits goes on in the order of asking, and only as long as there is something left", async () => {
  const budget = new PieceBudget();
  const order: string[] = [];
  spend(budget);
  budget.wait(() => {
    order.push("first");
    spend(budget);
  });
  budget.wait(() => order.push("second"));
  expect(order).toEqual([]);
  await nextTurn();
  expect(order).toEqual(["first"]);
  await nextTurn();
  expect(order).toEqual(["first", "second"]);
});
