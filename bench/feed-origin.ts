import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

const CHANGED_SHARE = 0.1;
const NEW_ITEMS = 3;
const EPOCH = Date.parse("2026-01-01T00:00:00Z");

const WORDS =
  "council bridge harbour river school budget winter market train storm library garden engine doctor painter".split(
    " ",
  );

function sentence(seed: number, length: number): string {
  return Array.from({ length }, (_, index) => WORDS[(seed * 7 + index * index * 3 + index) % WORDS.length]).join(" ");
}

/** One item of about 2.2 kB, made of its feed and number alone. */
function itemOf(feed: number, number: number): string {
  const paragraphs = Array.from(
    { length: 6 },
    (_, index) =>
      `<p>${sentence(feed + number * 31 + index, 48)}, <a href="/p/${number}?a=1&b=2">said</a> <b>one</b>.</p>`,
  );
  return `<item><title>${sentence(feed * 13 + number, 7)} ${number}</title><link>https://origin-${feed}.example/story/${number}</link><guid isPermaLink="false">urn:feed:${feed}:${number}</guid><pubDate>${new Date(EPOCH + number * 60_000).toUTCString()}</pubDate><dc:creator>Ann Author</dc:creator><category>news</category><description><![CDATA[${paragraphs.join("")}]]></description></item>`;
}

function isChanged(feed: number): boolean {
  return feed % Math.round(1 / CHANGED_SHARE) === 0;
}

function feedOf(feed: number, { items, round }: { readonly items: number; readonly round: number }): Buffer {
  const first = round > 1 && isChanged(feed) ? NEW_ITEMS : 0;
  const listed = Array.from({ length: items }, (_, index) => itemOf(feed, first + items - index));
  return gzipSync(
    `<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Feed ${feed}</title><link>https://origin-${feed}.example/</link><description>News</description>${listed.join("")}</channel></rss>`,
  );
}

/** What was asked since the last `begin`. */
export interface Traffic {
  readonly requests: number;
  /** Bodies, and about what a 304 takes. */
  readonly bytes: number;
}

export interface FeedOrigin extends Disposable {
  readonly urls: readonly string[];
  /** Size of one body, gzip, in bytes. */
  readonly bodyBytes: number;
  /** From now on documents are of this round (0 the first, 2 with new items in a tenth of the feeds), and counted anew. */
  begin(round: number): void;
  traffic(): Traffic;
}

/** Feeds with validators on many loopback addresses; the bodies of the first round are made before it answers. */
export async function startFeedOrigin(settings: {
  readonly feeds: number;
  readonly items: number;
  readonly latencyMs: number;
  readonly addresses: number;
}): Promise<FeedOrigin> {
  const { items } = settings;
  let round = 0;
  let requests = 0;
  let bytes = 0;
  const bodies = new Map<string, Buffer>();
  const etagOf = (feed: number) => `"${feed}-${round > 1 && isChanged(feed) ? round : 0}"`;

  function bodyOf(feed: number): Buffer {
    const etag = etagOf(feed);
    const body = bodies.get(etag) ?? feedOf(feed, { items, round });
    bodies.set(etag, body);
    return body;
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    requests += 1;
    const feed = Number(request.url?.slice(3));
    setTimeout(() => {
      if (!Number.isInteger(feed)) return void response.writeHead(404).end();
      const etag = etagOf(feed);
      if (request.headers["if-none-match"] === etag) {
        bytes += 120;
        return void response.writeHead(304, { etag }).end();
      }
      const body = bodyOf(feed);
      bytes += body.length;
      response
        .writeHead(200, {
          "content-type": "application/rss+xml",
          "content-encoding": "gzip",
          "content-length": body.length,
          etag,
        })
        .end(body);
    }, settings.latencyMs);
  });
  for (let feed = 0; feed < settings.feeds; feed += 1) bodyOf(feed);
  await once(server.listen(0, "0.0.0.0"), "listening");
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    urls: Array.from({ length: settings.feeds }, (_, feed) => {
      const address = feed % settings.addresses;
      return `http://127.1.${Math.floor(address / 250)}.${(address % 250) + 1}:${port}/f/${feed}`;
    }),
    bodyBytes: bodyOf(0).length,
    begin(next) {
      round = next;
      requests = 0;
      bytes = 0;
    },
    traffic: () => ({ requests, bytes }),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
