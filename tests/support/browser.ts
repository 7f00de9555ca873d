import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian's package `chromium` lies. */
const CHROMIUM = "/usr/bin/chromium";

/** Whether tests can drive a browser; `.ci/run` installs it where it may. */
export const isChromiumThere = existsSync(CHROMIUM);

/** What to tell where it is not there. */
export const CHROMIUM_MISSING = `there is no ${CHROMIUM} (Debian: apt-get install chromium)`;

/** A browser without a window, which calls nobody of its own accord. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
  });
}
