/**
 * How each command is called, and what that does; shown below its help.
 * @internal Tests use it by itself.
 */
export const examples: Readonly<Record<string, readonly (readonly [call: string, does: string])[]>> = {
  serve: [
    ["storywire serve", "visit sources and serve feeds on 127.0.0.1:8080"],
    ["STORYWIRE_LISTEN=0.0.0.0:80 storywire serve --config /etc/storywire --feeds /etc/storywire/feeds", ""],
  ],
  poll: [
    ["storywire poll", "the sources that are due"],
    ["storywire poll example-politics", "this one, due or paused"],
    ["storywire poll --all --json | jq '.polls[] | select(.outcome == \"failed\")'", ""],
  ],
  extract: [
    ["storywire extract https://news.example/politics", "what would come out of an address"],
    ["storywire extract saved.html --kind listing --document-url https://news.example/", ""],
    ["storywire extract --jsonl < requests.jsonl > answers.jsonl", "many, one after the other"],
  ],
  check: [
    ["storywire check", "is the configuration right?"],
    ["storywire check --feed https://wire.example/feeds/top.rss", "is a document right?"],
  ],
  init: [
    ["storywire init", "a first configuration in this folder"],
    ["storywire init wire --url https://news.example/politics", "with an address to begin with"],
  ],
  import: [
    ["storywire import opml subscriptions.opml", "into a new file of config/sources/"],
    ["storywire import opml subscriptions.opml --json", ""],
  ],
  export: [
    ["storywire export opml > sources.opml", "for other readers"],
    ["storywire export stories | gzip > stories.jsonl.gz", "everything, a line a story"],
  ],
  schema: [
    ["storywire schema", "of all kinds of files, by name"],
    ["storywire schema feed > feed.schema.json", "for an editor"],
  ],
  status: [
    ["storywire status", "sources by state, newest stories, next visits, disk use"],
    ["storywire status --all", "every source, however many there are"],
    ["storywire status --json | jq .counts", ""],
  ],
  explain: [
    ["storywire explain https://news.example/politics/bridge-reopens", "why is it there, or why not?"],
    ["storywire explain urn:storywire:abcdefghijklmnopqrstuvwxyz", ""],
    ["storywire explain example-politics", "how a source is read"],
  ],
  token: [
    ["storywire token members", "the address to hand out"],
    ["storywire token members --rotate", "a new one; the old one stays valid"],
    ["storywire token members --end-overlap", "only the new one from now on"],
  ],
  plan: [
    ["storywire plan", "what would the changed files do?"],
    ["storywire plan --json | jq .surprises", ""],
  ],
  apply: [
    ["storywire apply", "put the files in force, unless that surprises"],
    ["storywire apply --yes", "surprises too"],
  ],
  forget: [["storywire forget old-source", "remove its stories, once no file holds it"]],
  backup: [
    ["storywire backup wire-2026-03-01.db", "also while the service runs"],
    ["storywire backup /backups/wire.db --json", ""],
  ],
  restore: [["storywire restore wire-2026-03-01.db", "the database until now is kept beside it"]],
  migrate: [["storywire migrate --to postgres://storywire:secret@db.example/storywire", "stop the service first"]],
  completion: [
    ["source <(storywire completion bash)", "for this shell; in ~/.bashrc for all"],
    ["storywire completion zsh > ~/.zsh/completions/_storywire", ""],
    ["storywire completion fish | source", ""],
  ],
};

/** The examples of one command as its help shows them; empty where it has none. */
export function examplesText(name: string): string {
  const lines = (examples[name] ?? []).map(([call, does]) => `  ${call}${does === "" ? "" : `\n      ${does}`}`);
  return lines.length === 0 ? "" : `\nExamples:\n${lines.join("\n")}`;
}
