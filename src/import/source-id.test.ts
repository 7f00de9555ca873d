import { expect, it } from "vitest";
import { deriveSourceId } from "./source-id.ts";

it("an id comes from the title, else from the host, and is no other's", () => {
  const taken = new Set(["the-post"]);
  const derive = (title: string, url = "https://www.news.example/feed") => deriveSourceId({ title, url }, taken);
  expect(derive("Café  Über alles!")).toBe("cafe-uber-alles");
  expect(derive("The Post")).toBe("the-post-2");
  expect(derive("The Post")).toBe("the-post-3");
  expect(derive("新聞")).toBe("news-example");
  expect(derive("新聞")).toBe("news-example-2");
  expect(derive("", "nonsense")).toBe("source");
  expect(derive("x".repeat(900))).toMatch(/^x{56}$/);
});
