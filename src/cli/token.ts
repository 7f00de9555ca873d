import { endOverlap, readTokens, rotateToken } from "../app/feed-tokens.ts";
import { SettingsError } from "../errors.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";

export interface TokenOptions extends GlobalOptions {
  readonly rotate?: boolean;
  readonly endOverlap?: boolean;
}

/** The addresses of a feed behind a token, the one in force first; a running service takes a change over in seconds. */
export async function token(name: string, options: TokenOptions): Promise<ExitCode> {
  const { settings, feeds } = await configurationOf(options);
  const feed = feeds.find(({ slug }) => slug === name);
  if (feed?.access !== "token") {
    const locked = feeds.filter(({ access }) => access === "token").map(({ slug }) => slug);
    const wanted = `the slug of a feed with access: token (${locked.join(", ") || "there is none"})`;
    throw new SettingsError([{ file: "command line", path: "FEED", value: name, wanted }], "unknown_feed");
  }
  if (options.rotate) rotateToken(settings.dataDir, feed.slug);
  else if (options.endOverlap || readTokens(settings.dataDir, feed.slug).length === 0)
    endOverlap(settings.dataDir, feed.slug);
  const addresses = readTokens(settings.dataDir, feed.slug).map(
    (one) => `${settings.service.baseUrl.replace(/\/$/, "")}/feeds/${feed.slug}?token=${one}`,
  );
  process.stdout.write(
    options.json ? `${JSON.stringify({ feed: feed.slug, addresses })}\n` : `${addresses.join("\n")}\n`,
  );
  return 0;
}
