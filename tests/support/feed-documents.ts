import type { Entry, FeedDocument } from "../../src/model/feed.ts";
import type { SafeHtml } from "../../src/model/html.ts";
import type { SourceId } from "../../src/model/source.ts";
import type { Story, StoryId } from "../../src/model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../../src/model/url.ts";

export const NOON = Date.UTC(2025, 5, 1, 12);

/** An address that must be one. */
export function url(value: string): AbsoluteUrl {
  const resolved = resolveWebUrl(value);
  if (resolved === null) throw new Error(`${value} is not an http(s) address`);
  return resolved;
}

export function safeHtml(value: string): SafeHtml {
  return value as SafeHtml; // tests vouch for it
}

/** A story with everything that must be there, and what is given. */
export function story(given: Partial<Story> & { readonly number?: number } = {}): Story {
  const { number = 1, ...fields } = given;
  return {
    id: `story${String(number).padStart(21, "0")}` as StoryId,
    sourceId: "quay-news" as SourceId,
    kind: "article",
    url: url(`https://news.example/stories/${number}`),
    title: `Story ${number}`,
    authors: [],
    tags: [],
    images: [],
    enclosures: [],
    publishedAt: NOON - number * 60_000,
    stampAt: fields.updatedAt ?? NOON - number * 60_000,
    position: number,
    dates: {},
    firstSeenAt: NOON,
    lastSeenAt: NOON,
    revision: 1,
    contentDigest: "0",
    ...fields,
  };
}

/** The story as it stands in a feed. */
export function entry(of: Story, given: Partial<Entry> = {}): Entry {
  return {
    story: of,
    urn: `urn:storywire:${of.id}`,
    link: of.url ?? url(`https://wire.example/stories/${of.id}`),
    source: { id: of.sourceId, title: "Quay News", url: url("https://news.example/") },
    ...given,
  };
}

/** A feed that holds these stories. */
export function feedDocument(stories: readonly Story[], given: Partial<FeedDocument> = {}): FeedDocument {
  return {
    title: "Top stories",
    description: "What happened at the quay.",
    language: "en",
    homeUrl: url("https://wire.example/feeds/top"),
    selfUrls: {
      rss: url("https://wire.example/feeds/top.rss"),
      atom: url("https://wire.example/feeds/top.atom"),
      json: url("https://wire.example/feeds/top.json"),
    },
    urn: "urn:storywire:feed:top",
    updatedAt: NOON,
    content: "full",
    entries: stories.map((one) => entry(one)),
    ...given,
  };
}

/** One story that has everything a story can have. */
export function richStory(number = 1): Story {
  return story({
    number,
    guid: "4711",
    title: `Ferry & tram ${number}: “fares” up 5 < 6 %`,
    summary: "Fares rise in June; R&D of the new boats is paid by it.",
    contentHtml: safeHtml(
      `<p>Fares rise in June. R&amp;D of <a href="https://news.example/boats?a=1&amp;b=2">new boats</a> is paid by it.</p><h2>What it costs</h2><figure><img src="https://img.example/${number}/ferry.jpg?w=800&amp;q=80" alt="A ferry" width="800" height="600"><figcaption>The ferry at dusk.</figcaption></figure><blockquote cite="https://news.example/talk"><p>“Quite.”</p></blockquote><ul><li>Adults: 3 &lt; 4</li><li>Children: free</li></ul><p>A CDATA end: ]]&gt; done.</p>`,
    ),
    authors: [
      { name: "Aïcha Ben Saïd", url: url("https://news.example/staff/aicha"), email: "aicha@news.example" },
      { name: "田中 健" },
    ],
    section: "Harbour & town",
    tags: ["ferry", "fares"],
    language: "en-GB",
    images: [
      {
        url: url(`https://img.example/${number}/ferry.jpg?w=800&q=80`),
        alt: "A ferry",
        caption: "The ferry at dusk.",
        credit: "Kim/Agency",
        width: 800,
        height: 600,
        role: "lead",
      },
      { url: url(`https://img.example/${number}/tram`), caption: "A tram.", role: "inline" },
      { caption: "A picture without an address.", credit: "Lee", role: "inline" },
    ],
    enclosures: [
      {
        url: url(`https://media.example/${number}.mp3`),
        type: "audio/mpeg",
        lengthBytes: 18734211,
        durationSeconds: 1562,
      },
      { url: url(`https://media.example/${number}.pdf`) },
    ],
    rights: "© 2025 Quay News",
    updatedAt: NOON - number * 30_000,
    stampAt: NOON - number * 30_000,
  });
}

const WORDS =
  "harbour board ferry fares tide crew quay council budget vote storm repair mayor port school bridge meeting report plan weather museum café naïve Zürich river market union strike bakery garden winter summer line engine captain night morning street lamp letter story number million percent after before under over between while because although against without during".split(
    " ",
  );

/**
 * A feed of `count` articles of about 2 kB each (150 kB a document of 50); another `edition` shares no paragraph with
 * it, so that nothing remembered of the one helps the other.
 */
export function longFeed(edition: number, count = 50): FeedDocument {
  let state = edition * 7919 + 1;
  const next = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  const words = (length: number) => Array.from({ length }, () => WORDS[next(WORDS.length)]).join(" ");
  const paragraph = () =>
    `<p>${words(12)} — “${words(4)}”, <a href="https://news.example/${next(1e6)}?a=1&amp;b=${next(99)}">${words(3)}</a> &amp; <em>${words(2)}</em>, ${words(14)}.</p>`;
  const stories = Array.from({ length: count }, (_, index) => {
    const rich = richStory(index + 1);
    const paragraphs = Array.from({ length: 5 }, paragraph);
    return { ...rich, contentHtml: safeHtml(`${rich.contentHtml ?? ""}${paragraphs.join("\n")}`) };
  });
  return feedDocument(stories);
}
