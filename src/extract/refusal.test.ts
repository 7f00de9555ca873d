import { describe, expect, test } from "vitest";
import { type ExtractOptions, extractDocument } from "./extract.ts";

const context = { url: "https://paper.example/x", timeZone: "UTC", capturedAt: Date.UTC(2026, 1, 5) };
const read = (html: string, options: Partial<ExtractOptions> = {}) =>
  extractDocument(
    html,
    { ...context, contentType: "text/html" },
    { kind: "page", more: true, guess: true, ...options },
  );
const codeOf = (html: string, options: Partial<ExtractOptions> = {}): string => {
  try {
    return read(html, options).format;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
};
const page = (title: string, body: string, head = "") =>
  `<!doctype html><html><head><title>${title}</title>${head}</head><body>${body}</body></html>`;
const menu = `<nav><ul>${["Home", "Politics", "Sport", "Weather", "Log in"].map((name) => `<li><a href="/${name}">${name}</a></li>`).join("")}</ul></nav>`;
const teasers = ["bridge", "harbour", "school", "orchard", "lighthouse", "mill"]
  .map(
    (name) =>
      `<article><h3><a href="/2026/${name}">A story about the ${name} and what became of it</a></h3><p>What is to be said of the ${name}, in one line that is long enough to be read.</p></article>`,
  )
  .join("");

describe("findRefusal", () => {
  const errors: readonly (readonly [language: string, html: string])[] = [
    ["English", page("Page not found | The Paper", `${menu}<h1>Oh no</h1><p>Try the search.</p>`)],
    ["English, with other stories", page("The Paper", `${menu}<h1>Page not found</h1><p>Read these:</p>${teasers}`)],
    ["a status alone", page("404", "<p>nginx</p>")],
    ["a status and its reason", page("503 Service Temporarily Unavailable", "<h1>503</h1><p>Come back later.</p>")],
    ["German", page("Die Zeitung", `${menu}<h1>Seite nicht gefunden</h1><p>Die Adresse stimmt nicht mehr.</p>`)],
    ["French", page("Page introuvable - Le Journal", `${menu}<p>Elle a peut-être été déplacée.</p>`)],
    ["Spanish", page("El Diario", `${menu}<h1>La página que buscas no existe</h1>`)],
    ["Portuguese", page("Página não encontrada", `${menu}<p>Volte ao início.</p>`)],
    ["Italian", page("Il Giornale", "<h1>Pagina non trovata</h1><p>Torna alla prima pagina.</p>")],
    ["Polish", page("Gazeta", "<h1>Nie znaleziono strony</h1>")],
    ["Russian", page("Газета", "<h1>Страница не найдена</h1><p>Ошибка 404</p>")],
    ["Japanese", page("新聞", "<p>お探しのページが見つかりませんでした。</p>")],
    ["Chinese", page("报纸", "<h1>页面不存在</h1>")],
    ["Arabic", page("الجريدة", "<h1>الصفحة غير موجودة</h1>")],
  ];
  test.each(errors)("an error page with status 200 is one, whoever asks (%s)", (_language, html) => {
    for (const kind of ["page", "auto", "listing"] as const) expect(codeOf(html, { kind }), kind).toBe("error_page");
  });

  const law =
    "<p>With your consent, we and our partners use cookies and similar means to store and read personal data on your device, to measure what is read, and to show advertisements that suit you.</p>";
  const walls: readonly (readonly [what: string, html: string])[] = [
    ["robot check", page("Just a moment...", "<p>The Paper needs to review the security of your connection.</p>")],
    ["captcha", page("The Paper", "<h1>Are you a robot?</h1><p>Tick the box below, please.</p>")],
    ["refusal", page("Access Denied", "<p>You have no permission to see this. Reference 18.2f</p>")],
    ["scripts wanted", page("The Paper", "<p>Please enable JavaScript and cookies to go on.</p>")],
    ["login", page("The Paper", `${menu}<h1>Log in to continue</h1><form><input type=password></form>`)],
    ["login in German", page("Die Zeitung", "<p>Bitte melden Sie sich an, um weiterzulesen.</p>")],
    ["login in French", page("Le Journal", "<h2>Réservé aux abonnés</h2><p>Connectez-vous pour lire la suite.</p>")],
    ["login in Japanese", page("新聞", "<p>この記事を読むにはログインしてください。</p>")],
    ["consent", page("The Paper", `<h1>Before you continue</h1>${law.repeat(5)}<button>Accept all</button>`)],
    [
      "a long law under no headline",
      page("The Paper", `${law.repeat(8)}<p>We use cookies.</p><button>I agree</button>`),
    ],
    ["consent in German", page("Die Zeitung", "<p>Wir verwenden Cookies.</p><button>Alle akzeptieren</button>")],
    ["consent in Dutch", page("De Krant", "<p>Wij gebruiken cookies.</p><input type=submit value=Akkoord>")],
    ["consent in Chinese", page("报纸", "<p>我们使用Cookie改善服务。</p><button>同意</button>")],
  ];
  test.each(walls)("a wall is told as one (%s)", (_what, html) => {
    expect(codeOf(html)).toBe("wall");
    expect(codeOf(html, { kind: "auto" })).toBe("wall");
  });

  const text =
    "<p>The council met on Monday and agreed, after some hours, on what it had agreed the year before, and then went home.</p>";
  const dated = '<meta property="article:published_time" content="2026-02-03T10:00:00Z">';
  const stories: readonly (readonly [what: string, html: string])[] = [
    [
      "a brief that speaks of errors",
      page(
        "Divers search for lost ring",
        `<h1>Divers search for lost ring</h1><p>Page not found was all the ring's owner said when asked for her diary, of which 404 leaves were recovered from the lake on Monday by two divers and a heron.</p>`,
        dated,
      ),
    ],
    [
      "an article on walls",
      page(
        "Access denied: the village behind the gate",
        `<h1>Access denied: the village behind the gate</h1>${text.repeat(8)}`,
      ),
    ],
    ["a figure in a title", page("500 days of rain", `<h1>500 days of rain</h1>${text.repeat(3)}`)],
    [
      "a teaser before a wall",
      page("The mill", `<h1>The mill</h1>${text.repeat(2)}<p>Please log in to read on.</p>`, dated),
    ],
    [
      "a banner of consent beside a story",
      page(
        "The mill",
        `<div class=banner><p>We use cookies.</p><button>Accept</button></div><h1>The mill</h1>${text.repeat(6)}`,
      ),
    ],
  ];
  test.each(stories)("a story stays one (%s)", (_what, html) => {
    expect(codeOf(html)).toBe("article");
  });

  test("a short listing with a banner of consent is a listing", () => {
    const banner = "<div><p>We use cookies.</p><button>Accept all</button></div>";
    expect(codeOf(page("The Paper", `${banner}${teasers}`), { kind: "listing" })).toBe("listing");
  });
});

describe("extractDocument on pages that hardly say a thing", () => {
  test("who asks for the article gets the best there is; a visit is told that there is none", () => {
    const short = page("", "Opening hours are short");
    expect(read(short).items[0]?.contentHtml).toBe("<p>Opening hours are short</p>");
    expect(codeOf(short, { guess: false })).toBe("not_an_article");
    expect(codeOf(short, { kind: "auto" })).toBe("no_listing");
  });

  test("links alone are no article, but for those that a script follows", () => {
    expect(codeOf(page("", menu))).toBe("not_an_article");
    expect(codeOf(page("", '<a href="javascript:"><p>One line</p><p>another</p></a>'))).toBe("article");
  });
});
