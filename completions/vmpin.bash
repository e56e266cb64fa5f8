# bash completion for vmpin(1). Commands and options are those that --help tells, guests those that
# run.

# _vmpin_argument HELP OPTION: DIR, FILE, URI, ... when the option takes such an argument.
_vmpin_argument()
{
    sed -nE "s/^ +(.*, )?$2(, --[a-z-]+)?=([A-Z]+).*/\\3/p" <<<"$1"
}

_vmpin()
{
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands command='' help list='' word
    COMPREPLY=()
    commands=$("${COMP_WORDS[0]}" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
    for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
        [[ ! $command && $'\n'$commands$'\n' == *$'\n'"$word"$'\n'* ]] && command=$word
    done
    help=$("${COMP_WORDS[0]}" ${command:+"$command"} --help)
    [[ $previous =~ ^--?[a-z-]+$ ]] && word=$(_vmpin_argument "$help" "$previous") || word=
    case $word:$cur:$command in
    DIR:*) compopt -o dirnames 2>/dev/null ;;
    FILE:* | :*:check) compopt -o default 2>/dev/null ;;
    [A-Z]*:*) ;;
    :-*) list=$(grep -oE -- '--[a-z-]+' <<<"$help") ;;
    :*:) list=$commands ;;
    :*:agent) ;;
    :*:help) list=$commands ;;
    *) list=$(virsh -r -q list --name 2>/dev/null) ;;
    esac
    # A guest's name may have spaces in it, but no newline.
    while IFS= read -r word; do
        [[ $word && $word == "$cur"* ]] && COMPREPLY+=("$(printf %q "$word")")
    done <<<"$list"
}

complete -F _vmpin vmpin
