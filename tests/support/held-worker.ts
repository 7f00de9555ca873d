/** A reading process for tests: it answers each document with its address, but for those it is told to hold for ever. */
process.on("message", (job) => {
  // The tests send nothing else.
  const { url, held } = job as { readonly url: string; readonly held?: boolean };
  if (held !== true) process.send?.({ reading: url });
});
