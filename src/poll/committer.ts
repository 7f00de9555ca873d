import type { PollChanges, Store } from "../store/store.ts";

/** Stories, or polls, after which a group is written without waiting longer. */
const GROUP_STORIES = 400;
const GROUP_POLLS = 200;

export interface Committer {
  /** Resolves once the changes are stored, rejects with what kept them from it. */
  commit(changes: PollChanges): Promise<void>;
}

interface Waiting {
  readonly changes: PollChanges;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one writer: polls that end at about the same time share a transaction, so that a round of many sources pays for
 * few syncs. Where a group fails, each of its polls is tried alone: one poll's fault is not its neighbours'.
 */
export function createCommitter(
  store: Pick<Store, "apply">,
  options: { readonly waitMs: number; readonly onCommitted?: (polls: number) => void } = { waitMs: 20 },
): Committer {
  let waiting: Waiting[] = [];
  let stories = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const group = waiting;
    waiting = [];
    stories = 0;
    if (group.length > 0) writing = writing.then(() => write(group));
  }

  async function write(group: readonly Waiting[]): Promise<void> {
    try {
      await store.apply(group.map(({ changes }) => changes));
      for (const { resolve } of group) resolve();
      options.onCommitted?.(group.length);
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const one of group) await write([one]);
    }
  }

  return {
    commit: (changes) =>
      new Promise((resolve, reject) => {
        waiting.push({ changes, resolve, reject });
        stories += changes.newStories.length + changes.updates.length;
        if (stories >= GROUP_STORIES || waiting.length >= GROUP_POLLS) flush();
        else timer ??= setTimeout(flush, options.waitMs);
      }),
  };
}
