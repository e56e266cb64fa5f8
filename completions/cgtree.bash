# bash completion for cgtree(1). Commands and options are those that --help tells, nodes and
# attributes those that are there.

# _cgtree_offer LINES: those of them that begin with what stands at the cursor.
_cgtree_offer()
{
    local line
    while IFS= read -r line; do
        [[ $line && $line == "$cur"* ]] && COMPREPLY+=("$line")
    done <<<"$1"
    # So that readline quotes what the shell would not take as it is, such as \x2d.
    compopt -o filenames 2>/dev/null
}

# _cgtree_unquote WORD: as the shell would read it.
_cgtree_unquote()
{
    local word=$1 rest=
    case $word in
    [\"\']*) printf '%s' "${word:1}"; return ;;
    esac
    while [[ $word ]]; do
        [[ $word == \\* ]] && word=${word:1}
        rest+=${word:0:1}
        word=${word:1}
    done
    printf '%s' "$rest"
}

_cgtree_nodes()
{
    case $cur in
    /*) _cgtree_offer "$("${program[@]}" tree --grouped --names 2>/dev/null)" ;;
    *) _cgtree_offer "$("${program[@]}" tree --vms --names 2>/dev/null)" ;;
    esac
    [[ $cur ]] || COMPREPLY+=(/)
}

_cgtree()
{
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
    local program=("${COMP_WORDS[0]}") where=() words=()
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --root)
            ((i++))
            program+=(--root "$(_cgtree_unquote "${COMP_WORDS[i]}")")
            ;;
        --controller)
            ((i++))
            where=(--controller "$(_cgtree_unquote "${COMP_WORDS[i]}")")
            ;;
        -*) ;;
        *) words+=("$(_cgtree_unquote "${COMP_WORDS[i]}")") ;;
        esac
    done
    cur=$(_cgtree_unquote "$cur")
    case $previous:$cur in
    --root:*) compopt -o dirnames 2>/dev/null; return ;;
    --controller:*) return ;;
    =:* | *:=) return ;; # a value
    *:-*) _cgtree_offer "$("${program[@]}" "${words[@]:0:1}" --help 2>/dev/null |
        grep -oE -- '--[a-z]+')"; return ;;
    esac
    case ${#words[@]}:${words[0]} in
    0:*) _cgtree_offer "$("${program[@]}" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')" ;;
    1:*) _cgtree_nodes ;;
    *:get) _cgtree_offer "$("${program[@]}" get "${where[@]}" --names "${words[1]}" 2>/dev/null)" ;;
    *:set)
        _cgtree_offer "$("${program[@]}" set "${where[@]}" --names "${words[1]}" 2>/dev/null |
            sed 's/$/=/')"
        compopt -o nospace 2>/dev/null
        ;;
    esac
}

complete -F _cgtree cgtree
