import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FeedSlug } from "../model/feed.ts";

/** Tokens of one feed that are valid at one time: the one in force, and the one before it while readers change over. */
const VALID_MAX = 2;

/** Shorter ones could be guessed; a line of fewer characters is no token. */
const TOKEN_CHARACTERS_MIN = 16;

/** Tokens of feeds with `access: token`: one file for each in `feed-tokens` of the data folder, mode 0600, one token a line. */
export interface FeedTokens {
  /**
   * Whether a reader may see the feed, or know that it was there: tokens of feeds that are gone stay in their files.
   * Takes the same time for every wrong token.
   */
  accepts(slug: FeedSlug, token: string | undefined): boolean;
  /** Reads the files that changed. */
  refresh(): void;
}

interface Known {
  readonly changedAt: number;
  readonly digests: readonly Buffer[];
}

/** Reads the tokens of these feeds, and makes one for each that has none; `onMade` is told the file. */
export function createFeedTokens(
  dataDir: string,
  slugs: readonly FeedSlug[],
  onMade: (made: { readonly slug: FeedSlug; readonly file: string }) => void,
): FeedTokens {
  const known = new Map<string, Known>();

  function refresh(): void {
    for (const slug of slugs) {
      const file = tokensFile(dataDir, slug);
      if (!existsSync(file)) {
        writeTokens(dataDir, slug, [newToken()]);
        onMade({ slug, file });
      }
      const changedAt = statSync(file).mtimeMs;
      if (known.get(slug)?.changedAt === changedAt) continue;
      known.set(slug, { changedAt, digests: readTokens(dataDir, slug).map(digestOf) });
    }
  }

  /** Nothing changes the tokens of a feed that is configured no longer: they are read once. */
  function readGone(slug: FeedSlug): Known {
    const gone = { changedAt: 0, digests: readTokens(dataDir, slug).map(digestOf) };
    known.set(slug, gone);
    return gone;
  }

  refresh();
  return {
    refresh,
    accepts(slug, token) {
      const { digests } = known.get(slug) ?? readGone(slug);
      const brought = digestOf(token ?? "");
      const matches = digests.filter((digest) => timingSafeEqual(digest, brought));
      return token !== undefined && matches.length > 0;
    },
  };
}

/** The valid tokens of a feed, the one in force first; none where no token was made yet. */
export function readTokens(dataDir: string, slug: FeedSlug): readonly string[] {
  const file = tokensFile(dataDir, slug);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines
    .map((line) => line.trim())
    .filter((line) => line.length >= TOKEN_CHARACTERS_MIN)
    .slice(0, VALID_MAX);
}

/** Puts a new token in force; the one before it stays valid until the next rotation, or `endOverlap`. */
export function rotateToken(dataDir: string, slug: FeedSlug): void {
  writeTokens(dataDir, slug, [newToken(), ...readTokens(dataDir, slug)].slice(0, VALID_MAX));
}

/** Leaves only the token in force, made now where there is none. */
export function endOverlap(dataDir: string, slug: FeedSlug): void {
  writeTokens(dataDir, slug, [readTokens(dataDir, slug)[0] ?? newToken()]);
}

function tokensFile(dataDir: string, slug: FeedSlug): string {
  return join(dataDir, "feed-tokens", slug);
}

/** In one swap: a reader of the file never sees half of it. */
function writeTokens(dataDir: string, slug: FeedSlug, tokens: readonly string[]): void {
  const file = tokensFile(dataDir, slug);
  mkdirSync(join(dataDir, "feed-tokens"), { recursive: true, mode: 0o700 });
  const next = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(next, `${tokens.join("\n")}\n`, { mode: 0o600 });
  renameSync(next, file);
}

function newToken(): string {
  return randomBytes(24).toString("base64url");
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
