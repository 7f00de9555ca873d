import { describe, expect, test } from "vitest";
import { entryOf, MORNING, safe, storyOf, urlOf } from "../../../tests/support/fake-wire.ts";
import type { Story } from "../../model/story.ts";
import { addressesOf } from "../addresses.ts";
import type { StoryChange } from "../wire.ts";
import { loadAssets } from "./assets.ts";
import { renderStoryPage } from "./story-page.ts";

const ID = "k7m2qd5xw3ztb4nfyhc6pja2ue";
const CONTEXT = {
  site: { title: "Harbour wire", baseUrl: "https://wire.example", language: "en" },
  addresses: addressesOf("https://wire.example"),
  assets: loadAssets(),
};
const DAY_MS = 86_400_000;

function pageOf(parts: Partial<Story>, changes: readonly StoryChange[] = []): string {
  return renderStoryPage(CONTEXT, { entry: entryOf(storyOf(ID, parts)), changes }).toString();
}

/** What the page says under a name of its facts, without tags. */
function factOf(page: string, name: string): string | undefined {
  const [, value] = new RegExp(`<dt>${name}</dt><dd>(.*?)</dd>`, "s").exec(page) ?? [];
  return value
    ?.replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

describe("what a story's page tells of its dates", () => {
  const published = { from: MORNING, to: MORNING, origin: "meta" };

  test("an exact time stands for itself", () => {
    const page = pageOf({ dates: { published: { ...published, precision: "exact" } } });
    expect(factOf(page, "Published")).toBe("9 March 2026 at 08:30 UTC");
  });

  test("a day is the publisher's day, whatever day it is elsewhere, and is said to be no more", () => {
    const page = pageOf({
      publishedAt: Date.UTC(2026, 2, 7, 23),
      publishedDay: "2026-03-08",
      dates: { published: { ...published, precision: "day" } },
    });
    expect(page).toContain('<time datetime="2026-03-08">8 March 2026</time>');
    expect(factOf(page, "Published")).toBe("8 March 2026 The publisher names the day only.");
  });

  test("a relative date names its words and its bounds", () => {
    const text = "2 <days> ago";
    const page = pageOf({
      publishedDay: "2026-03-08",
      dates: { published: { from: MORNING - DAY_MS, to: MORNING, origin: "listing", precision: "relative", text } },
    });
    expect(factOf(page, "Published")).toBe(
      "8 March 2026 Worked out from “ 2 &lt;days&gt; ago ”: between 8 March 2026 at 08:30 UTC and 9 March 2026 at 08:30 UTC .",
    );
  });

  test("a relative date of hours is about right", () => {
    const page = pageOf({ dates: { published: { ...published, to: MORNING + 3_600_000, precision: "relative" } } });
    expect(page).toContain("about <time");
  });

  test("where there is none, the story was first seen then", () => {
    const page = pageOf({ dates: { published: { to: MORNING, origin: "first-seen", precision: "first-seen" } } });
    expect(page).toContain("first seen <time");
    expect(factOf(page, "Published")).toContain("The publisher gives no date.");
  });

  test("a date that was narrowed later stays, and what is known now is told", () => {
    const page = pageOf({ publishedDay: "2026-03-09", dates: { published: { ...published, precision: "exact" } } });
    expect(factOf(page, "Published")).toContain("9 March 2026 Known to the minute by now, 9 March 2026 at 08:30 UTC");
  });

  test("an update of which the day is known is a day", () => {
    expect(factOf(pageOf({ updatedAt: MORNING, updatedDay: "2026-03-10" }), "Updated")).toBe("10 March 2026");
    expect(factOf(pageOf({}), "Updated")).toBeUndefined();
  });
});

describe("what a story's page tells of its life", () => {
  test("its changes, in people's words", () => {
    const changes = [{ at: MORNING, changed: ["title", "summary", "summaryHtml", "contentHtml"] }];
    expect(factOf(pageOf({ revision: 2 }, changes), "Revisions")).toBe(
      "Changed 1 time since it came here. 9 March 2026 at 08:30 UTC : new title and summary and text",
    );
    expect(factOf(pageOf({}), "Revisions")).toBe("Unchanged since it came here.");
  });

  test("the newest twenty changes of very many", () => {
    const changes = Array.from({ length: 500 }, (_, index) => ({ at: MORNING + index * 60_000, changed: ["title"] }));
    const page = pageOf({ revision: 501 }, changes);
    expect(page.match(/: new title/g)).toHaveLength(20);
    expect(page).toContain("Changed 500 times");
    expect(page).toContain(new Date(MORNING + 499 * 60_000).toISOString());
  });

  test("nothing of a story that was withdrawn but its name and where it stood", () => {
    const url = urlOf("https://harbour.example/rumour");
    const page = pageOf({
      title: "A rumour",
      withdrawnAt: MORNING,
      url,
      summary: "secret summary",
      description: "secret description",
      contentHtml: safe("<p>secret text</p>"),
      images: [{ url: urlOf("https://harbour.example/secret.jpg"), role: "lead", caption: "secret caption" }],
      enclosures: [{ url: urlOf("https://harbour.example/secret.mp3") }],
      tags: ["secret tag"],
    });
    expect(page).toContain("This story was withdrawn");
    expect(page).toContain(`href="${url}"`);
    expect(page).not.toContain("secret");
  });
});

describe("a story's files", () => {
  const url = urlOf("https://a.example/audio/The%20quay.mp3?x=1");

  test("are named as they would be saved, with size and length; audio can be listened to", () => {
    const page = pageOf({
      enclosures: [{ url, type: "audio/mpeg", lengthBytes: 29_483_520, durationSeconds: 3900 }],
    });
    expect(page).toContain(`<audio controls preload="none" src="${url}" aria-label="The quay.mp3">`);
    expect(page).toContain(`<a href="${url}"><bdi>The quay.mp3</bdi></a>`);
    expect(page).toContain("audio/mpeg, 29.5 MB, 1 h 5 min");
  });

  test("are no pictures that stand on the page already", () => {
    const picture = urlOf("https://a.example/quay.jpg");
    const page = pageOf({ images: [{ url: picture, role: "lead" }], enclosures: [{ url: picture }] });
    expect(page).toContain(`<img src="${picture}"`);
    expect(page).not.toContain("Files");
  });

  test("are named whatever their address is, and what is not known is not told", () => {
    const bad = urlOf("https://a.example/%E0%A4%A");
    const host = urlOf("http://b.example/");
    const page = pageOf({
      enclosures: [
        { url: bad, lengthBytes: 0, durationSeconds: 40 },
        { url: host, type: "audio/ogg", lengthBytes: 12 },
      ],
    });
    expect(page).toContain('<bdi>%E0%A4%A</bdi></a> <span class="meta">40 s</span>');
    expect(page).toContain('<bdi>b.example</bdi></a> <span class="meta">audio/ogg, 1 kB</span>');
    // The pages' policy plays nothing over http.
    expect(page).not.toContain("<audio");
  });
});
