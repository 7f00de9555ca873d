/** What one feed document may hold; beyond it a ParseError with the code in the comment. */
export const FEED_LIMITS = {
  /** Characters of text: `too_large`. The default body limit of a fetch is 16 MiB. */
  charactersMax: 32 * 1024 * 1024,
  /** Elements inside one another, or brackets of JSON: `too_deep`. */
  depthMax: 512,
  /** Elements, or objects and arrays of JSON: `too_many_elements`. */
  elementsMax: 250_000,
  /** Tags, comments, CDATA sections and the like: `too_many_elements`. */
  tokensMax: 1_000_000,
  /** Attributes of the whole document: `too_many_attributes`. */
  attributesMax: 250_000,
  /** Attributes of one element; those beyond are left out. */
  elementAttributesMax: 256,
  /** Elements inside one another that declare namespaces; what those beyond declare is passed over. */
  scopesMax: 64,
  /** Characters by which the entities of a document's own DTD may lengthen it; beyond, they stay as written. */
  expansionMax: 65_536,
  /** Items; those beyond are left out with the fault `too_many_items`. */
  itemsMax: 20_000,
  /** Authors, tags, images, enclosures or extensions of one item; those beyond are left out. */
  listMax: 200,
  /** Characters of an extension's value; the rest is cut off. */
  extensionCharactersMax: 2_000,
} as const;
