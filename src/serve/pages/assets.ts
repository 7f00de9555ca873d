import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file that pages refer to, under a name that changes with its content, so that it may be cached for ever. */
export interface Asset {
  /** `style-3f2a9c01.css` */
  readonly name: string;
  readonly mediaType: string;
  readonly body: string;
}

function loadAsset(stem: string, suffix: string, mediaType: string): Asset {
  const body = readFileSync(new URL(`assets/${stem}.${suffix}`, import.meta.url), "utf8");
  const digest = createHash("sha256").update(body).digest("hex").slice(0, 10);
  return { name: `${stem}-${digest}.${suffix}`, mediaType, body };
}

export interface Assets {
  readonly style: Asset;
  readonly script: Asset;
  readonly icon: Asset;
}

/** Reads the assets from the folder beside this file. */
export function loadAssets(): Assets {
  return {
    style: loadAsset("style", "css", "text/css; charset=utf-8"),
    script: loadAsset("page", "js", "text/javascript; charset=utf-8"),
    icon: loadAsset("icon", "svg", "image/svg+xml"),
  };
}
