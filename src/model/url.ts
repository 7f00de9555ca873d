/** An absolute http, https or file URL in the WHATWG serialization. Proof that `parseAbsoluteUrl` accepted it. */
export type AbsoluteUrl = string & { readonly __absoluteUrl: unique symbol };

const WEB = new Set(["http:", "https:"]);

/**
 * Resolves `reference` against `base` and keeps it only when the result is http or https (white space, tabs and
 * newlines are removed as browsers do). Null for anything else: other schemes, unparsable text, empty text.
 */
export function resolveWebUrl(reference: string | undefined, base?: string): AbsoluteUrl | null {
  const trimmed = reference?.trim();
  if (!trimmed) return null;
  const url = URL.parse(trimmed, base);
  if (url === null || !WEB.has(url.protocol) || url.hostname === "") return null;
  // The cast is the proof: an http(s) URL that URL.parse accepted.
  return url.href as AbsoluteUrl;
}

/** Query parameters that say how a reader came, never what is shown: by whole name or by prefix. */
const TRACKING =
  /^(?:utm_.*|mtm_.*|pk_.*|piwik_.*|hsa_.*|ga_.*|vero_.*|oly_.*|at_(?:medium|campaign|custom\d|link.*)|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|li_fat_id|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|_openstat|wt_mc|wt\.mc_id|ns_(?:mchannel|source|campaign|linkname|fee)|s_cid|cmpid|ocid|ncid|icid|smid|cid_source|spm|scm|ref|ref_src|ref_url|referrer|cmp|campaign_id|ito|xtor|sr_share|shareid|guccounter|guce_.*|__twitter_impression|sessionid|session_id|phpsessid|jsessionid|aspsessionid.*)$/i;

/** A short name with a long random value is a session; `sid=4711` may well be the story. */
const SESSION_NAME = /^(?:s|sid|sess|session|token|_t|_)$/i;
const SESSION_VALUE = /^(?:[0-9a-f]{16,}|[0-9]{12,}|[\w-]{24,})$/i;

/** Parameters and path parts that pick another dress of the same page. */
const TWIN_PARAMETER = /^(?:amp|outputtype|mobile|view|print|nomobile)$/i;
const TWIN_VALUE = /^(?:amp|1|true|mobile|print|yes|)$/i;
const MOBILE_LABEL = /^(?:www\d?|m|mobile|amp|touch|wap)\./;

/**
 * The identity of an address: equal for two addresses that differ only in scheme, host case, `www.`/`m.`/`amp.` label,
 * default port, fragment, tracking and session parameters, parameter order, mobile and AMP twins, a trailing slash or
 * an index file. Only for comparing: what is published is the address as it was given.
 */
export function urlIdentity(url: AbsoluteUrl): string {
  const parsed = new URL(url);
  if (parsed.protocol === "file:") return parsed.href;
  const host = parsed.host.replace(/:(?:80|443)$/, "");
  const bare = MOBILE_LABEL.test(host) && host.split(".").length > 2 ? host.replace(MOBILE_LABEL, "") : host;
  const path = parsed.pathname
    .replace(/;jsessionid=[^/]*/i, "")
    .replace(/\/{2,}/g, "/")
    .replace(/\/(?:index|default)\.(?:html?|php|aspx?)$/i, "/")
    .replace(/^\/amp(?=\/)/, "")
    .replace(/\/amp\/?$|\.amp(?=\.html$|$)/, "")
    .replace(/(?!^)\/$/, "");
  const kept = [...parsed.searchParams].filter(
    ([name, value]) =>
      !TRACKING.test(name) &&
      !(TWIN_PARAMETER.test(name) && TWIN_VALUE.test(value)) &&
      !(SESSION_NAME.test(name) && SESSION_VALUE.test(value)),
  );
  kept.sort(([a, av], [b, bv]) => (a < b ? -1 : a > b ? 1 : av < bv ? -1 : av > bv ? 1 : 0));
  const query = kept.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  return `${bare}${path === "" ? "/" : path}${query === "" ? "" : `?${query}`}${routeOf(parsed.hash)}`;
}

/** A fragment that is a route of a page built in the browser (`#!/story/1`, `#/story/1`) names another page. */
function routeOf(fragment: string): string {
  return /^#!?\//.test(fragment) ? fragment : "";
}
