import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SafeHtml } from "../model/html.ts";
import { escapeMarkup, html, trusted } from "./view.ts";

describe("html", () => {
  test("escapes what is put into text and quoted attributes", () => {
    const text = `"><script>alert('1 & 2')</script>`;
    expect(html`<p title="${text}">${text}</p>`.toString()).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1 &amp; 2&#39;)&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(&#39;1 &amp; 2&#39;)&lt;/script&gt;</p>',
    );
  });

  test("lets views and sanitized HTML pass, and joins arrays", () => {
    const items = ["a", "b"].map((item) => html`<li>${item}</li>`);
    const safe = trusted("<b>bold</b>" as SafeHtml);
    expect(html`<ul>${items}</ul>${safe}${["<", [1, 2n]]}`.toString()).toBe(
      "<ul><li>a</li><li>b</li></ul><b>bold</b>&lt;12",
    );
  });

  test("writes nothing for what is absent, but zero as zero", () => {
    expect(html`${undefined}${null}${false}${""}${0}`.toString()).toBe("0");
  });

  test("takes nothing but its own views for markup", () => {
    const forged = { toString: () => "<script>" };
    // A cast as hostile code would use it: an object that only looks like a view.
    expect(html`${forged as unknown as string}`.toString()).toBe("&lt;script&gt;");
  });
});

describe("escapeMarkup", () => {
  test("mends halves of surrogate pairs and drops controls", () => {
    expect(escapeMarkup("a\ud83d b\u0000\u001b[31m \ud83d\ude00")).toBe("a\ufffd b[31m \ud83d\ude00");
  });

  test("leaves no special and no forbidden character of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = escapeMarkup(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replace(/&(?:amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
        expect(escaped).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/);
        expect(escaped.isWellFormed()).toBe(true);
      }),
    );
  });
});
