/** RFC 6838 §4.2 names; parameters are cut off. */
const MEDIA_TYPE = /^([a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126})(?:\s*;.*)?$/i;

const IMAGE_TYPES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
};

const TYPES: Readonly<Record<string, string>> = {
  ...IMAGE_TYPES,
  aac: "audio/aac",
  epub: "application/epub+zip",
  flac: "audio/flac",
  m4a: "audio/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  ogv: "video/ogg",
  opus: "audio/ogg",
  pdf: "application/pdf",
  wav: "audio/wav",
  webm: "video/webm",
  zip: "application/zip",
};

/** The type as it was declared, in lower case, else by the URL's suffix, else that of unknown bytes. */
export function mediaType(declared: string | undefined, url: string): string {
  const [, name] = MEDIA_TYPE.exec(declared?.trim() ?? "") ?? [];
  return name?.toLowerCase() ?? TYPES[suffixOf(url)] ?? "application/octet-stream";
}

/** The type of a picture by its URL's suffix; undefined where that says nothing. */
export function typeOfImage(url: string): string | undefined {
  return IMAGE_TYPES[suffixOf(url)];
}

/** Media RSS `medium`: image, audio or video. */
export function mediumOf(type: string): string | undefined {
  return /^(image|audio|video)\//.exec(type)?.[1];
}

function suffixOf(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  return /\.([a-z0-9]{2,4})$/i.exec(path)?.[1]?.toLowerCase() ?? "";
}
