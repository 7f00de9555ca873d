type Absent = null | undefined;

/** A record whose fields that may have been null or undefined may now be missing instead. */
export type Present<T> = {
  [K in keyof T as Extract<T[K], Absent> extends never ? K : never]: T[K];
} & {
  [K in keyof T as Extract<T[K], Absent> extends never ? never : K]?: Exclude<T[K], Absent>;
};

/** The record without what is null or undefined: no field of the model is either. */
export function present<T extends object>(record: T): Present<T> {
  const given: Record<string, unknown> = {};
  for (const key in record) {
    const value = record[key];
    if (value !== null && value !== undefined) given[key] = value;
  }
  // The cast says what the loop did.
  return given as Present<T>;
}
