import { createRequire } from "node:module";
import { type Configuration, configurationPlace, loadConfiguration } from "../config/settings.ts";
import { isCronExpression } from "../poll/schedule.ts";
import { compilePattern } from "../select/pattern.ts";

/** 0 done, 1 failed, 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

export interface GlobalOptions {
  readonly config?: string;
  readonly feeds?: string;
  readonly json?: boolean;
}

/** The configuration that the options and the environment name. */
export function configurationOf(options: GlobalOptions): Promise<Configuration> {
  return loadConfiguration({
    ...configurationPlace(options, process.env, process.cwd()),
    validateCron: isCronExpression,
    validateSelector: isSelector,
    validatePattern: isPattern,
  });
}

/** The reader of selectors is loaded for the first one: 40 ms of CPU and 25 MB that most configurations never need. */
function isSelector(text: string): boolean {
  const { isSelector: judge } = createRequire(import.meta.url)(
    "../extract/selector.ts",
  ) as typeof import("../extract/selector.ts");
  return judge(text);
}

function isPattern(text: string): boolean {
  try {
    compilePattern(text);
    return true;
  } catch {
    return false;
  }
}
