import { type FSWatcher, watch } from "node:fs";

/** Files are written in several steps, and several files at a time: all that happens within this time is one change. */
const SETTLE_MS = 300;

/**
 * Calls `onChange` once after anything changed in these folders (not below them) and then nothing for `settleMs`. A
 * folder that is not there is watched from the change after it came; where the system cannot watch, nothing is told.
 * `onStir` is called when something begins to change.
 */
export function watchFolders(
  folders: readonly string[],
  onChange: () => void,
  { settleMs = SETTLE_MS, onStir }: { readonly settleMs?: number; readonly onStir?: () => void } = {},
): Disposable {
  let watchers: readonly FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;

  function changed(): void {
    if (timer === undefined) onStir?.();
    clearTimeout(timer);
    timer = setTimeout(settled, settleMs);
  }

  function settled(): void {
    // A folder that was replaced is another folder: watched anew before anybody reads it, so that nothing is missed.
    timer = undefined;
    close();
    watchers = folders.flatMap(open);
    onChange();
  }

  function open(folder: string): FSWatcher[] {
    try {
      const watcher = watch(folder, { persistent: false }, changed);
      watcher.on("error", changed);
      return [watcher];
    } catch {
      return [];
    }
  }

  function close(): void {
    for (const watcher of watchers) watcher.close();
    watchers = [];
  }

  watchers = folders.flatMap(open);
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      close();
    },
  };
}
