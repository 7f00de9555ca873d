/** HTML that went through html/sanitize.ts: allow-listed elements and attributes, absolute http(s) addresses. */
export type SafeHtml = string & { readonly __safeHtml: unique symbol };

/** HTML as a publisher wrote it. Nothing may store or publish it before it was sanitized. */
export interface UntrustedHtml {
  readonly untrusted: string;
  /** What relative references resolve against; absent where they were resolved already. */
  readonly baseUrl?: string;
}
