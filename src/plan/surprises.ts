import type { FilesPlan } from "./plan.ts";

/** Why a change is not taken over before an operator said so. */
export interface Surprise {
  readonly source?: string;
  readonly feed?: string;
  readonly code: "ids_change" | "dates_move" | "appear" | "vanish" | "change" | "unreadable";
  readonly count: number;
  readonly message: string;
}

/**
 * What of a plan an operator should have seen first: stories announced again under other ids, dates that move, a document
 * that cannot be read any more, and in a published feed more than `entriesMax` entries that appear, vanish or are told as
 * updated. A feed that is new has no readers to surprise.
 */
export function surprisesOf({ sources, feeds }: FilesPlan, entriesMax: number): readonly Surprise[] {
  return [
    ...sources.flatMap(({ id, effects, breaks, fault }): Surprise[] => [
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
      .filter(({ change }) => change !== "added")
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
