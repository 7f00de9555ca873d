import { foldText } from "../html/text.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { listOf, textIn, typesOf } from "./json-ld.ts";
import type { Marks } from "./marks.ts";
import { articleText, articleTexts, metaOf, metasOf, type PageMetadata, type Said } from "./metadata.ts";
import { isSite, type SiteNames, siteKeys } from "./site-names.ts";

/** What the page says of itself to machines; not what its site says of the site. */
export function findDescription(page: PageMetadata, url: string | undefined): Said | undefined {
  const sites = siteKeys(page, url);
  const said = [
    metaOf(page, ["og:description"]),
    metaOf(page, ["description"]),
    metaOf(page, ["dc.description", "twitter:description"]),
    articleText(page, ["description", "abstract"]),
  ];
  return said.find((one) => one !== undefined && one.value !== "" && !isTagline(one.value, sites));
}

const TAGLINE_CHARACTERS_MAX = 100;

/** `The Paper – news from the harbour`: a site's name and what it is, without a sentence. */
function isTagline(text: string, sites: SiteNames): boolean {
  const parts = /^([^|–—:-]{2,60}?)\s(?:[|–—-]|:)\s(.*)$/s.exec(text.slice(0, TAGLINE_CHARACTERS_MAX));
  return (
    text.length < TAGLINE_CHARACTERS_MAX &&
    parts !== null &&
    isSite(parts[1] ?? "", sites) &&
    !/[.!?…]$/.test(text.trim())
  );
}

export function findSection(page: PageMetadata): Said | undefined {
  const told =
    articleText(page, ["articleSection"]) ??
    metaOf(page, [
      "article:section",
      "og:article:section",
      "parsely-section",
      "section",
      "category",
      "dc.subject.section",
      "cxenseparse:recs:category",
    ]);
  if (told !== undefined && told.value.length < 80) return told;
  for (const node of page.graph.nodes) {
    if (!typesOf(node).includes("BreadcrumbList")) continue;
    const steps = listOf(page.graph, node.itemListElement).map(
      (item) =>
        textIn(page.graph, item, ["name"]) ??
        textIn(page.graph, typeof item === "object" && item !== null && "item" in item ? item.item : undefined, [
          "name",
        ]),
    );
    const section = steps.at(-2) ?? undefined;
    if (steps.length > 2 && section !== undefined) return { value: foldText(section), origin: "json-ld" };
  }
  return undefined;
}

const TAGS_MAX = 30;

export function findTags(
  page: PageMetadata,
  marks: Marks,
): { readonly tags: readonly string[]; readonly origin: string } {
  const attempts: readonly (readonly [string, readonly string[]])[] = [
    ["og", metasOf(page, ["article:tag", "og:article:tag", "video:tag"]).map((said) => said.value)],
    ["json-ld", articleTexts(page, "keywords")],
    ["rel", marks.tags],
    [
      "meta",
      metasOf(page, ["news_keywords", "keywords", "parsely-tags", "sailthru.tags"])
        .slice(0, 1)
        .map((said) => said.value),
    ],
  ];
  for (const [origin, texts] of attempts) {
    const tags = [
      ...new Set(texts.flatMap((text) => text.split(/[,;|]/)).map((tag) => foldText(tag).replace(/^#/, ""))),
    ].filter((tag) => tag.length > 1 && tag.length < 80);
    if (tags.length > 0) return { tags: tags.slice(0, TAGS_MAX), origin };
  }
  return { tags: [], origin: "" };
}

export function findLanguage(page: PageMetadata): Said | undefined {
  const told = [
    { value: page.htmlLanguage ?? "", origin: "html" },
    articleText(page, ["inLanguage"]),
    metaOf(page, ["og:locale", "content-language", "dc.language", "language"]),
  ];
  for (const said of told) {
    const tag = said?.value.replaceAll("_", "-").split(/[,;\s]/)[0] ?? "";
    if (said !== undefined && /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i.test(tag))
      return { value: canonicalTag(tag), origin: said.origin };
  }
  return undefined;
}

function canonicalTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag;
  } catch {
    return tag.toLowerCase();
  }
}

export function findCanonical(
  page: PageMetadata,
  baseUrl: string | undefined,
): { readonly url: AbsoluteUrl; readonly origin: string } | undefined {
  const link = page.canonical === undefined ? undefined : { value: page.canonical, origin: "link" };
  const told = link ?? metaOf(page, ["og:url"]) ?? articleText(page, ["url"]);
  const url = resolveWebUrl(told?.value, baseUrl);
  return told === undefined || url === null ? undefined : { url, origin: told.origin };
}

export function findRights(page: PageMetadata): Said | undefined {
  const said =
    metaOf(page, ["copyright", "dc.rights", "dcterms.rights", "rights", "dcterms.rightsholder"]) ??
    articleText(page, ["copyrightNotice", "copyrightHolder"]);
  return said !== undefined && said.value.length > 2 && said.value.length < 400 ? said : undefined;
}
