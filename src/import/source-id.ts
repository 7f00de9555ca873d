/** Leaves room for a number that tells it from another. */
const ID_LENGTH_MAX = 56;

/**
 * An id for a new source, which `taken` gains: from its title, else from the host of its address, with a number where
 * another source has it. Letters that ASCII lacks are left out, or lose their marks.
 */
export function deriveSourceId(
  { title, url }: { readonly title: string; readonly url: string },
  taken: Set<string>,
): string {
  const host = URL.parse(url)?.hostname.replace(/^www\./, "") ?? "";
  const base = [title, host].map(plain).find((name) => name !== "") ?? "source";
  let id = base;
  for (let number = 2; taken.has(id); number += 1) id = `${base}-${number}`;
  taken.add(id);
  return id;
}

function plain(text: string): string {
  return text
    .slice(0, 500)
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, ID_LENGTH_MAX)
    .replace(/^-|-$/g, "");
}
