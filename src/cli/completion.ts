import type { Argument, Command, Option } from "commander";
import type { ExitCode, GlobalOptions } from "./options.ts";

export type Shell = "bash" | "zsh" | "fish";

/** Prints the script with which a shell completes commands, their options and what these take. */
export function completion(shell: Shell, program: Command, { json }: GlobalOptions): ExitCode {
  const script = completionScript(shell, program);
  process.stdout.write(json ? `${JSON.stringify({ shell, script })}\n` : script);
  return 0;
}

/** @internal Tests use it by itself. */
export function completionScript(shell: Shell, program: Command): string {
  return WRITERS[shell](program.commands.map(wordsOf));
}

interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** What its arguments may be, where that is a fixed list. */
  readonly values: readonly string[];
}

interface OptionWords {
  /** `--role` */
  readonly flag: string;
  readonly description: string;
  /** What it takes: nothing, one of these words, a folder, or anything (a file). */
  readonly takes: "nothing" | "folder" | "anything" | readonly string[];
}

function wordsOf(command: Command): CommandWords {
  return {
    name: command.name(),
    description: command.description(),
    options: [...command.options.filter((option) => !option.hidden).map(optionWords), HELP],
    values: command.registeredArguments.flatMap(({ argChoices }: Argument) => argChoices ?? []),
  };
}

const HELP: OptionWords = { flag: "--help", description: "display help for command", takes: "nothing" };

function optionWords({ long, description, flags, argChoices }: Option): OptionWords {
  const takes = flags.includes("<folder>") ? "folder" : /[<[]/.test(flags) ? "anything" : "nothing";
  return { flag: long ?? "", description, takes: argChoices ?? takes };
}

const WRITERS: Readonly<Record<Shell, (commands: readonly CommandWords[]) => string>> = {
  bash: (commands) => `# bash completion of storywire: source <(storywire completion bash)
_storywire() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=
  if [[ $COMP_CWORD -eq 1 ]]; then
    words='${["--help", "--version", "help", ...commands.map(({ name }) => name)].join(" ")}'
  else
    case "\${COMP_WORDS[1]} $prev" in
${commands.flatMap(bashValues).join("")}      *) case "\${COMP_WORDS[1]}" in
${commands.map(({ name, options, values }) => `        ${name}) words='${[...values, ...options.map(({ flag }) => flag)].join(" ")}' ;;\n`).join("")}      esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _storywire storywire
`,

  zsh: (commands) => `#compdef storywire
# zsh completion of storywire: source <(storywire completion zsh)
_storywire() {
  local -a commands=(
${commands.map(({ name, description }) => `    ${quoted(`${name}:${description.replaceAll(":", "\\:")}`)}\n`).join("")}  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  case $words[2] in
${commands.map(({ name, options, values }) => `    ${name}) _arguments ${[...options.map(zshOption), quoted(`*:: :${values.length === 0 ? "_files" : `(${values.join(" ")})`}`)].join(" ")} ;;\n`).join("")}  esac
}
compdef _storywire storywire
`,

  fish: (commands) => `# fish completion of storywire: storywire completion fish | source
complete -c storywire -n __fish_use_subcommand -f
${commands.map(({ name, description }) => `complete -c storywire -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}\n`).join("")}${commands.flatMap(fishOptions).join("")}`,
};

function bashValues({ name, options }: CommandWords): readonly string[] {
  return options.flatMap(({ flag, takes }) => {
    if (takes === "nothing") return [];
    const answer =
      takes === "folder"
        ? `COMPREPLY=($(compgen -d -- "$cur")); return`
        : takes === "anything"
          ? "return"
          : `words='${takes.join(" ")}'`;
    return [`      '${name} ${flag}') ${answer} ;;\n`];
  });
}

function zshOption({ flag, description, takes }: OptionWords): string {
  const told = `${flag}[${description.replace(/[[\]:]/g, "\\$&")}]`;
  if (takes === "nothing") return quoted(told);
  const values = { folder: "_files -/", anything: "_files" };
  return quoted(`${told}:value:${typeof takes === "string" ? values[takes] : `(${takes.join(" ")})`}`);
}

function fishOptions({ name, options, values }: CommandWords): readonly string[] {
  const within = `complete -c storywire -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
  const fishTakes = (takes: OptionWords["takes"]) => {
    if (takes === "nothing") return "";
    return takes === "folder" || takes === "anything" ? " -r" : ` -x -a ${quoted(takes.join(" "))}`;
  };
  return [
    ...values.map((value) => `${within} -f -a ${value}\n`),
    ...options.map(
      ({ flag, description, takes }) => `${within} -l ${flag.slice(2)}${fishTakes(takes)} -d ${quoted(description)}\n`,
    ),
  ];
}

/** In single quotes, as all three shells read them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
