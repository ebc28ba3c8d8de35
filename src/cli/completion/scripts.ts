/** What a shell is told once: to ask the program itself at every press of TAB. A tab stands between word and meaning. */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The first word of a shell's question; behind it stands the line as it has been typed, the last word perhaps empty. */
export const QUESTION = "__complete";

/** No `mapfile`: the bash of macOS is too old for it. Without offers the shell completes names of files. */
const BASH = `_unity_probe() {
  local offer
  COMPREPLY=()
  while IFS= read -r offer; do
    COMPREPLY+=("\${offer%%$'\\t'*}")
  done < <(unity-probe ${QUESTION} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _unity_probe unity-probe
`;

const ZSH = `#compdef unity-probe
_unity_probe() {
  local -a offers
  offers=("\${(@f)$(unity-probe ${QUESTION} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -z "\${offers[1]}" ]]; then
    _files
    return
  fi
  offers=("\${(@)offers//:/\\\\:}")
  offers=("\${(@)offers/$'\\t'/:}")
  _describe unity-probe offers
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _unity_probe "$@"
else
  compdef _unity_probe unity-probe
fi
`;

const FISH = `function __unity_probe
  set -l offers (unity-probe ${QUESTION} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if test (count $offers) -gt 0
    printf '%s\\n' $offers
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c unity-probe -f -a '(__unity_probe)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
