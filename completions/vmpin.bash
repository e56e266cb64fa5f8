# bash completion for vmpin(1). Commands and options are those that --help tells, guests those that
# run.

_vmpin()
{
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i command list=
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --connect | -p | --policies | --state-dir | --guests | --root | --for) ((i++)) ;;
        -*) ;;
        *) command=${command:-${COMP_WORDS[i]}} ;;
        esac
    done
    case $previous in
    -p | --policies | --state-dir | --root) compopt -o dirnames 2>/dev/null; return ;;
    -c | --connect | --for) return ;;
    --guests) compopt -o default 2>/dev/null; return ;;
    esac
    case $cur:$command in
    -*) list=$("${COMP_WORDS[0]}" ${command:+"$command"} --help 2>/dev/null | grep -oE -- '--[a-z-]+') ;;
    *:) list=$("${COMP_WORDS[0]}" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p') ;;
    *:agent) ;;
    *:check) compopt -o default 2>/dev/null ;;
    *) list=$(virsh -r -q list --name 2>/dev/null) ;;
    esac
    # A guest's name may have spaces in it, but no newline.
    local line
    while IFS= read -r line; do
        [[ $line && $line == "$cur"* ]] && COMPREPLY+=("$(printf %q "$line")")
    done <<<"$list"
}

complete -F _vmpin vmpin
