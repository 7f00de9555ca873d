import { expect, it } from "vitest";
import { story, url } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addMedia } from "./media.ts";

const ferry = url("https://img.example/ferry.jpg?w=8&h=6");

it("writes each picture with caption, credit and size, and the lead picture as thumbnail", () => {
  const entry = preparedEntry(
    story({
      images: [
        { url: url("https://img.example/tram"), alt: "A tram", role: "inline" },
        { url: ferry, alt: "A ferry", caption: "The <ferry>.", credit: "Kim & Co", width: 8, height: 6, role: "lead" },
      ],
    }),
  );
  expect(linesOf((item) => addMedia(item, entry, []))).toEqual([
    '<media:content url="https://img.example/tram" medium="image">',
    '<media:description type="plain">A tram</media:description>',
    "</media:content>",
    '<media:content url="https://img.example/ferry.jpg?w=8&#x26;h=6" medium="image" type="image/jpeg" width="8" height="6">',
    '<media:description type="plain">The &#x3C;\u2060ferry&#x3E;.</media:description>',
    "<media:credit>Kim &#x26; Co</media:credit>",
    "</media:content>",
    '<media:thumbnail url="https://img.example/ferry.jpg?w=8&#x26;h=6" width="8" height="6"/>',
  ]);
});

it("leaves out pictures without address and sizes that are none", () => {
  const images = [
    { caption: "No address.", role: "lead" as const },
    { url: ferry, width: 0, height: Number.NaN, role: "inline" as const },
  ];
  expect(linesOf((item) => addMedia(item, preparedEntry(story({ images })), []))).toEqual([
    '<media:content url="https://img.example/ferry.jpg?w=8&#x26;h=6" medium="image" type="image/jpeg"/>',
    '<media:thumbnail url="https://img.example/ferry.jpg?w=8&#x26;h=6"/>',
  ]);
});

it("writes the enclosures it is given", () => {
  const enclosures = [{ url: url("https://media.example/a.mp3"), lengthBytes: 3, durationSeconds: 61.4 }];
  const entry = preparedEntry(story({ enclosures }));
  expect(linesOf((item) => addMedia(item, entry, entry.enclosures))).toEqual([
    '<media:content url="https://media.example/a.mp3" medium="audio" type="audio/mpeg" fileSize="3" duration="61"/>',
  ]);
});
