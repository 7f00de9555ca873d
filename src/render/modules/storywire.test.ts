import { expect, it } from "vitest";
import { story, url } from "../../../tests/support/feed-documents.ts";
import { preparedEntry } from "../../../tests/support/render-module.ts";
import { jsonExtension } from "./storywire.ts";

it("keeps captions and credits, those of pictures without address too", () => {
  const images = [
    { url: url("https://img.example/a.jpg"), alt: "A", caption: "B", credit: "C", width: 8, role: "lead" as const },
    { caption: "D", role: "inline" as const },
    { role: "inline" as const },
  ];
  expect(jsonExtension(preparedEntry(story({ images, rights: "© Q" })))).toEqual({
    images: [
      { url: "https://img.example/a.jpg", alt: "A", caption: "B", credit: "C", width: 8, role: "lead" },
      { caption: "D", role: "inline" },
    ],
    rights: "© Q",
    source: { title: "Quay News", url: "https://news.example/" },
  });
});
