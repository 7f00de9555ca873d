import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import helmet from "helmet";
import type { View } from "../../html/view.ts";
import { answerText } from "../text-answer.ts";

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
  strictTransportSecurity: false,
});

/** Sets the headers that every page has: a strict Content-Security-Policy and helmet's others. */
export function securePage(request: IncomingMessage, response: ServerResponse): void {
  setSecurityHeaders(request, response, () => {});
}

/** Answers with a page and its security headers; `headers` go on top. */
export async function answerPage(
  request: IncomingMessage,
  response: ServerResponse,
  page: View,
  headers: OutgoingHttpHeaders = {},
): Promise<void> {
  securePage(request, response);
  await answerText(request, response, { body: page.toString(), mediaType: "text/html; charset=utf-8", headers });
}
