import type { FilesPlan } from "./plan.ts";

/** Why a change is not taken over before an operator said so. */
export interface Surprise {
  readonly source?: string;
  readonly feed?: string;
  readonly code: "ids_change" | "dates_move" | "appear" | "vanish" | "change" | "unreadable" | "untried";
  readonly count: number;
  readonly message: string;
}

/**
 * What of a plan an operator should have seen first: stories announced again under other ids, dates that move, a document
 * that cannot be read any more, a change that cannot be tried although documents are kept, and in a published feed more
 * than `entriesMax` entries that appear, vanish or are told as updated. A feed that is new has no readers to surprise, and one whose file was taken away is not missed by accident;
 * where none of several is left, the folder may be.
 */
export function surprisesOf(
  { difference, sources, feeds }: FilesPlan,
  { entriesMax, isKeeping }: { readonly entriesMax: number; readonly isKeeping: boolean },
): readonly Surprise[] {
  const removed = feeds.filter(({ change }) => change === "removed");
  return [
    ...(difference.isFeedless
      ? [{ code: "vanish" as const, count: removed.length, message: `none of ${removed.length} feeds would be left` }]
      : []),
    ...sources.flatMap(({ id, effects, breaks, fault, isUntried }): Surprise[] => [
      ...told(effects.changeId, 0, (count) => ({
        source: id,
        code: "ids_change",
        message: `${stories(count)} would be announced again under other ids`,
      })),
      ...told(effects.redate, 0, (count) => ({
        source: id,
        code: "dates_move",
        message: `${stories(count)} would have another date`,
      })),
      ...(isUntried === undefined || !isKeeping
        ? []
        : [{ source: id, code: "untried" as const, count: 1, message: "no document is kept to try the change on" }]),
      ...(breaks === undefined || fault === undefined
        ? []
        : [
            {
              source: id,
              code: "unreadable" as const,
              count: 1,
              message: `its document would not be read: ${fault.code}`,
            },
          ]),
    ]),
    ...feeds
      .filter(({ change }) => change === "changed" || change === "same")
      .flatMap(({ slug, effects }): Surprise[] => [
        ...told(effects.appear, entriesMax, (count) => ({
          feed: slug,
          code: "appear",
          message: `${entries(count)} would appear at once`,
        })),
        ...told(effects.vanish, entriesMax, (count) => ({
          feed: slug,
          code: "vanish",
          message: `${entries(count)} would vanish`,
        })),
        ...told(effects.update, entriesMax, (count) => ({
          feed: slug,
          code: "change",
          message: `${entries(count)} would be told as updated`,
        })),
      ]),
  ];
}

function told(
  items: readonly unknown[],
  max: number,
  describe: (count: number) => Omit<Surprise, "count">,
): readonly Surprise[] {
  return items.length > max ? [{ ...describe(items.length), count: items.length }] : [];
}

function stories(count: number): string {
  return count === 1 ? "1 story" : `${count} stories`;
}

function entries(count: number): string {
  return count === 1 ? "1 entry" : `${count} entries`;
}
