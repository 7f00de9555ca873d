import { hash } from "node:crypto";
import type { SourceMemory } from "../model/poll.ts";
import type { Source } from "../model/source.ts";

/** Grows when our reading of documents changes so that unchanged ones deserve another look. */
const READER = 1;

/** What decides how a document is read: when it changes, an unchanged document is read again. */
export function digestOfRules(source: Source): string {
  return `${digestOfWords(source)}.${READER}`;
}

function digestOfWords({ url, kind, listing, more, timeZone, capturedAt, documentUrl, contentType }: Source): string {
  const rules = { url, kind, listing, more, timeZone, capturedAt, documentUrl, contentType };
  return hash("sha256", JSON.stringify(rules), "base64url").slice(0, 22);
}

/**
 * What is remembered of a source, as far as it holds under the rules it has now. Another way of reading makes validators
 * worthless. What the operator changed makes worthless, too, what was learnt of the address and what its documents
 * usually held; the stories, and how they are recognised, stay. `sameRules` false: the document is to be read whole.
 */
export function memoryUnderRules(
  source: Source,
  memory: SourceMemory,
): { readonly memory: SourceMemory; readonly sameRules: boolean } {
  if (memory.rulesDigest === digestOfRules(source)) return { memory, sameRules: true };
  // Known under these rules once it was read: until then each visit reads it whole.
  const { validators: _validators, bodyDigest: _body, rulesDigest, ...lasting } = memory;
  if (rulesDigest?.split(".")[0] === digestOfWords(source)) return { memory: lasting, sameRules: false };
  const { feedUrl: _feedUrl, moved: _moved, missing: _missing, gone: _gone, kind: _kind, ...known } = lasting;
  // Nothing at all is no list under any rules.
  const counts = known.counts.length > 0 ? [1] : [];
  return { memory: { ...known, counts, suspectPolls: 0 }, sameRules: false };
}
