import { readdirSync, readFileSync } from "node:fs";

/** Ids of a process and of all that it started, as the kernel knows them. */
function processTree(pid: number): readonly number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== null) parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const one of tree) tree.push(...(parents.get(one) ?? []));
  return tree;
}

function parentOf(pid: string): number | null {
  try {
    // The name of the program stands in parentheses and may hold anything; state and parent come after it.
    const told = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(told.slice(told.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

/** Ends a process and all that it started at once, as a power cut would. */
export function killTree(pid: number): void {
  for (const one of processTree(pid)) {
    try {
      process.kill(one, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
