import { type Configuration, configurationPlace, loadConfiguration } from "../config/settings.ts";
import { isSelector } from "../extract/selector.ts";
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

function isPattern(text: string): boolean {
  try {
    compilePattern(text);
    return true;
  } catch {
    return false;
  }
}
