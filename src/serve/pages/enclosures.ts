import { html, type View } from "../../html/view.ts";
import type { Enclosure } from "../../model/story.ts";
import { webAddress } from "./story-parts.ts";

const KILO = 1000;

/** `640 kB`, `28.1 MB`: as browsers name the sizes of downloads. */
function sizeText(bytes: number): string {
  return bytes < KILO * KILO ? `${Math.ceil(bytes / KILO)} kB` : `${(bytes / KILO / KILO).toFixed(1)} MB`;
}

/** `54 min`, `1 h 5 min`, `40 s`. */
function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What to call the file: the last part of its address, as it would be saved; the host where there is none. */
function fileName(address: string): string {
  const { pathname, hostname } = new URL(address);
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name) || hostname;
  } catch {
    return name;
  }
}

// The pages' Content-Security-Policy plays over https only.
function playerView({ url, type }: Enclosure, name: string): View | false {
  const isPlayable = url.startsWith("https:") && type?.startsWith("audio/") === true;
  return isPlayable && html`<audio controls preload="none" src="${url}" aria-label="${name}"></audio>`;
}

function enclosureView(enclosure: Enclosure): View | false {
  const { url, type, lengthBytes, durationSeconds } = enclosure;
  const address = webAddress(url);
  if (address === undefined || !URL.canParse(address)) return false;
  const name = fileName(address);
  const facts = [
    type,
    lengthBytes !== undefined && lengthBytes > 0 && sizeText(lengthBytes),
    durationSeconds !== undefined && durationSeconds > 0 && durationText(durationSeconds),
  ].filter((fact) => fact !== undefined && fact !== false);
  return html`<li>${playerView(enclosure, name)}<p><a href="${address}"><bdi>${name}</bdi></a> <span class="meta">${facts.join(", ")}</span></p></li>`;
}

/** A story's files: audio to listen to, anything to download. False where it has none that a browser may follow. */
export function enclosuresView(enclosures: readonly Enclosure[]): View | false {
  const files = enclosures.map(enclosureView).filter((file) => file !== false);
  return (
    files.length > 0 &&
    html`<section lang="en" dir="ltr" aria-labelledby="enclosures"><h2 id="enclosures" class="section">Files</h2><ul class="files">${files}</ul></section>`
  );
}
