import { describe, expect, test } from "vitest";
import { addressesOf } from "../addresses.ts";
import { describeApi } from "../api/openapi.ts";
import { exampleOf, readDescription } from "./api-description.ts";
import { renderApiPage } from "./api-page.ts";
import { loadAssets } from "./assets.ts";

const CONTEXT = {
  site: { title: "Harbour wire", baseUrl: "https://wire.example/news", language: "en" },
  addresses: addressesOf("https://wire.example/news"),
  assets: loadAssets(),
};

/** A description with one operation and these schemas. */
function openApi(operation: object, schemas: object = {}): object {
  return {
    openapi: "3.1.0",
    info: { title: "Storywire", version: "1.2.3" },
    paths: { "/api/v1/things/{id}": { patch: { responses: {}, ...operation } } },
    components: { schemas },
  };
}

describe("the reference of the API", () => {
  test("names every operation and every schema of ours, and every link within it leads somewhere", () => {
    const description = readDescription(describeApi());
    const page = renderApiPage(CONTEXT, describeApi()).toString();
    for (const [path, methods] of Object.entries(description.paths)) {
      for (const method of Object.keys(methods)) {
        expect(page).toContain(`<span class="method">${method.toUpperCase()}</span> ${path}</h3>`);
      }
    }
    for (const name of Object.keys(description.components?.schemas ?? {})) {
      expect(page).toContain(`<h3 id="schema-${name}">`);
    }
    const places = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => !places.has(link ?? ""))).toEqual([]);
    expect([...page.matchAll(/ id="([^"]+)"/g)]).toHaveLength(places.size);
    expect(page).not.toContain("<script");
  });

  test("tells of an operation its parameters with bounds, its body, and the command that calls it", () => {
    const operation = {
      summary: "Correct a thing, see `title`",
      parameters: [
        { name: "id", in: "path", required: true, schema: { type: "string" } },
        { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 200, default: 50 } },
      ],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["title"],
              properties: { title: { type: "string", examples: ["It's"] } },
            },
          },
        },
      },
      responses: { "200": { description: "Done" }, default: { description: "A problem" } },
    };
    const page = renderApiPage(CONTEXT, openApi(operation)).toString();
    expect(page).toContain("see <code>title</code>");
    expect(page).toContain("in the query, integer, at least 1, at most 200, default 50, optional");
    expect(page).toContain('<code class="name">id</code> <span class="type">in the path, string</span>');
    expect(page).toContain("-d &#39;{&quot;title&quot;:&quot;It&#39;\\&#39;&#39;s&quot;}&#39;");
    expect(page).toContain("&quot;https://wire.example/news/api/v1/things/ID&quot;");
    expect(page).toContain("<strong>Any other status</strong> A problem");
  });

  test("keeps markup in a description as text", () => {
    const evil = "<img src=x onerror=alert(1)>`</code><b>`";
    const page = renderApiPage(CONTEXT, openApi({ summary: evil, description: evil })).toString();
    expect(page).not.toMatch(/<img|<b>/);
  });

  test("gives examples that fit their schema, also of one that refers to itself", () => {
    const schemas = {
      tree: {
        type: "object",
        properties: {
          at: { type: "string", format: "date-time" },
          parts: { type: "array", items: { $ref: "#/components/schemas/tree" } },
        },
      },
    } as const;
    const text = JSON.stringify(exampleOf({ $ref: "#/components/schemas/tree" }, schemas));
    expect(text).toMatch(/^\{"at":"2026-03-09T08:30:00Z","parts":\[\{/);
    expect(text.length).toBeLessThan(500);
    expect(exampleOf({ enum: ["ok", "failing"] }, {})).toBe("ok");
    expect(exampleOf({ anyOf: [{ type: "integer", minimum: 5 }, { type: "null" }] }, {})).toBe(5);
    expect(
      exampleOf(
        {
          allOf: [
            { type: "object", properties: { a: { const: 1 } } },
            { type: "object", properties: { b: { type: "boolean" } } },
          ],
        },
        {},
      ),
    ).toEqual({ a: 1, b: true });
    expect(exampleOf({}, {})).toBeNull();
  });
});
