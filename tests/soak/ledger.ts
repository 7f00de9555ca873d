interface Shown {
  readonly id: string;
  readonly date: string;
}

interface JsonFeed {
  readonly items: readonly { readonly id: string; readonly url: string; readonly date_published: string }[];
}

/** What a reader saw over the whole run; every broken promise is an entry of `broken`. */
export class ReaderLedger {
  readonly shown = new Map<string, Shown>();
  readonly broken: string[] = [];

  /** One reading of the whole feed. */
  read(document: JsonFeed): void {
    const now = new Map<string, Shown>();
    for (const { id, url, date_published: date } of document.items) {
      if (now.has(url)) this.broken.push(`twice: ${url}`);
      now.set(url, { id, date });
    }
    for (const [url, before] of this.shown) {
      const after = now.get(url);
      if (after === undefined) this.broken.push(`vanished: ${url}`);
      else if (after.id !== before.id) this.broken.push(`renamed: ${url} from ${before.id} to ${after.id}`);
      else if (after.date !== before.date) this.broken.push(`moved: ${url} from ${before.date} to ${after.date}`);
    }
    for (const [url, one] of now) if (!this.shown.has(url)) this.shown.set(url, one);
  }

  /** Stories that were told and never shown. */
  missing(told: ReadonlySet<string>): readonly string[] {
    return [...told].filter((url) => !this.shown.has(url));
  }
}
