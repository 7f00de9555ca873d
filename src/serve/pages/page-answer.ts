import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import helmet from "helmet";
import type { View } from "../../html/view.ts";
import { answerText, prepareText, type Text } from "../text-answer.ts";

// Text of strangers stands on our pages: should a way past the allow-list ever be found, nothing of it may run or
// phone home. HSTS and https upgrades are left to whoever terminates TLS; behind plain http they would lock readers out.
const setSecurityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'", "https:"],
      mediaSrc: ["https:"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: "deny" },
  strictTransportSecurity: false,
});

/** Sets the headers that every page has: a strict Content-Security-Policy and helmet's others. */
export function securePage(request: IncomingMessage, response: ServerResponse): void {
  setSecurityHeaders(request, response, () => {});
}

/** The text of a page. */
export function preparePage(page: View): Promise<Text> {
  return prepareText(page.toString(), "text/html; charset=utf-8");
}

/** Answers with a page and its security headers; `headers` go on top. */
export function answerPage(
  request: IncomingMessage,
  response: ServerResponse,
  page: Text,
  headers: OutgoingHttpHeaders = {},
): void {
  securePage(request, response);
  answerText(request, response, page, headers);
}
