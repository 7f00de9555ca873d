import type { OperatorQuestion } from "./operate.ts";

/** What the process that visits and writes is asked for. */
type PollerQuestion = { readonly ask: "poll"; readonly source: string } | OperatorQuestion;

/** What the first process is asked for, which holds the configuration. */
export type ConfigurationQuestion =
  | { readonly ask: "forget"; readonly source: string }
  | { readonly ask: "configuration" | "reload" | "plan" }
  | { readonly ask: "apply"; readonly yes: boolean };

export type Question = PollerQuestion | ConfigurationQuestion;

const CONFIGURATION_ASKS = new Set<string>(["forget", "configuration", "reload", "plan", "apply"]);

export function isOfConfiguration(question: Question): question is ConfigurationQuestion {
  return CONFIGURATION_ASKS.has(question.ask);
}
