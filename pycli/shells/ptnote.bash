# Completion of ptnote for bash.
_ptnote() {
    local line=${COMP_LINE:0:COMP_POINT} word cut= words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[${#words[@]} - 1]}
    # readline replaces only what stands behind the last colon
    [[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && cut=${word%"${word##*:}"}
    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        if [[ $word == @files ]]; then
            compopt -o default 2> /dev/null
        else
            COMPREPLY+=("${word#"$cut"}")
        fi
    done < <(sh -c @PROGRAM@ ptnote "${words[@]:1}")
}
complete -F _ptnote ptnote
